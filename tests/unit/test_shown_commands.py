"""Each `osml` command in the documents exists, with its options."""

import re
import shlex
from pathlib import Path
from typing import Any

import typer.main

from osml.main import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "skills").rglob("*.md")])
COMMAND_LINE: Any = typer.main.get_command(app)
SHOWN = re.compile(r"(?:^|`|\$ )(osml [a-z][^`\n]*)", re.MULTILINE)
# Deploy and diff pass unknown options to the CDK's command line.
HANDED_ON = {"deploy", "diff", "destroy"}


def shown(page: Path) -> list[str]:
    text = page.read_text()
    # A command in running text may continue on the next line.
    flowing = re.sub(r"```.*?```", "", text, flags=re.DOTALL).replace("\n", " ")
    blocks = "\n".join(re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)).replace("\\\n", " ")
    inline = re.findall(r"`(osml\s[a-z][^`]*)`", flowing)
    return [*(re.sub(r"\s+", " ", command) for command in inline), *SHOWN.findall(blocks)]


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
    wrong = [f"{page}: {command}: {why}" for page in PAGES for command in shown(page) if (why := fault(command))]
    assert wrong == []


def test_what_does_not_exist_is_seen() -> None:
    assert fault("osml nothing --env dev") == "no command nothing"
    assert fault("osml ask --nothing 1") == "no option --nothing"
    assert fault("osml secret get") == "no command get"
    assert len([command for page in PAGES for command in shown(page)]) > 100


def test_the_skill_follows_the_specification() -> None:
    text = (ROOT / "skills" / "osml" / "SKILL.md").read_text()
    head = dict(line.split(": ", 1) for line in text.split("---\n")[1].splitlines())
    assert head["name"] == "osml" == (ROOT / "skills" / "osml").name
    assert 0 < len(head["description"]) <= 1024
    assert len(text.splitlines()) < 500
