"""Each `osml` command in the documents exists, with its options."""

import json
import re
import shlex
from typing import Any

import typer.main

from osml.main import app
from tests.shown.blocks import ROOT, spans
from tests.shown.commands import commands

COMMAND_LINE: Any = typer.main.get_command(app)
SHOWN = re.compile(r"(?:^|/|\$\(|uvx )(osml [a-z].*)")
# Deploy and diff pass unknown options to the CDK's command line.
HANDED_ON = {"deploy", "diff", "destroy"}


def shown() -> list[tuple[str, str]]:
    """Each command with its place; running text often shows only the beginning of one."""
    places = [
        *((str(span.page), span.text) for span in spans()),
        *((str(command), command.text) for command in commands()),
    ]
    return [(place, match[1]) for place, text in places if (match := SHOWN.search(text)) and " osml " not in match[1]]


def fault(command: str) -> str | None:
    """The part of a command that the command line does not know; None when it knows all."""
    try:
        words = shlex.split(command.partition(" | ")[0].partition(" # ")[0].partition(" > ")[0])[1:]
    except ValueError:
        words = command.split()[1:]
    command_line = COMMAND_LINE
    while words and hasattr(command_line, "commands"):
        name = words.pop(0)
        if name.startswith("-"):
            return None
        following = command_line.commands.get(name)
        if following is None:
            return f"no command {name}"
        command_line = following
    options = {option for parameter in command_line.params for option in parameter.opts + parameter.secondary_opts} | {
        "--help"
    }
    if command_line.name in HANDED_ON:
        return None
    unknown = [word for word in words if word.startswith("-") and word.partition("=")[0].rstrip(".,;") not in options]
    return f"no option {unknown[0]}" if unknown and unknown != ["-"] else None


def test_the_command_line_knows_what_the_documents_show() -> None:
    wrong = [f"{place}: {command}: {why}" for place, command in shown() if (why := fault(command))]
    assert wrong == []


def test_what_does_not_exist_is_seen() -> None:
    assert fault("osml nothing --env dev") == "no command nothing"
    assert fault("osml ask --nothing 1") == "no option --nothing"
    assert fault("osml secret get") == "no command get"
    assert len(shown()) > 300


def test_the_skill_follows_the_specification() -> None:
    text = (ROOT / "skills" / "osml" / "SKILL.md").read_text()
    head = dict(line.split(": ", 1) for line in text.split("---\n")[1].splitlines())
    assert head["name"] == "osml" == (ROOT / "skills" / "osml").name
    assert 0 < len(head["description"]) <= 1024
    assert len(text.splitlines()) < 500


def test_the_skill_asks_what_its_samples_answer() -> None:
    text = (ROOT / "skills" / "osml" / "SKILL.md").read_text()
    (samples,), (question,) = re.findall(r"osml ingest --sandbox (\S+)", text), re.findall(r"--sandbox \"(.+)\"", text)
    cities = [json.loads(line)["id"] for line in (ROOT / samples).read_text().splitlines()]
    assert any(city.title() in question for city in cities)
