"""A reader who types the documents' commands in their order, in a folder with the files that they name."""

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from typer.testing import CliRunner

from osml.exit_code import STOPPED
from osml.main import app
from tests.e2e.conftest import OSML
from tests.shown.blocks import Block
from tests.shown.commands import Command
from tests.shown.ways import is_script

# The option that is followed by an environment's name.
ENVIRONMENT = re.compile(r"(--env|--compare) (\S+)")
# Ids in commands: the reader types the last one of the same form that was printed.
IDS = (
    re.compile(r"\b1-[0-9a-f]{8}-[0-9a-f]{24}\b"),
    re.compile(r"\b[0-9a-f]{32}-\d+\b"),
    re.compile(r"(?<=--conversation )[\w-]{20,}"),
)
# Commands that run until Ctrl-C.
ENDLESS = ("osml logs --env dev --follow", "osml dashboards")
# A command that reads until its input ends; there is none.
READING = "osml mcp"


@dataclass(frozen=True)
class Typed:
    """What came of a command; `complaints` are what it wrote to stderr."""

    code: int
    output: str
    complaints: str = ""


@dataclass
class Reader:
    """`environment` is the name of the deployed environment; `variables` are set in scripts.

    `names` are what the documents leave open or name otherwise, with what is typed instead. `programs` is a folder with
    programs for scripts. `outputs` are those of scripts, by their block.
    """

    folder: Path
    environment: str
    variables: Mapping[str, str]
    names: Mapping[str, str]
    programs: Path
    outputs: dict[Block, str] = field(default_factory=dict)
    _ids: dict[re.Pattern[str], str] = field(default_factory=dict)

    def follow(self, commands: Iterable[Command], codes: Mapping[str, int]) -> list[str]:
        """Type each different command, and a script as a whole.

        Returns those that did not end with 0, or as `codes` say for commands that begin so, and what they printed.
        """
        wrong, typed_before = [], set()
        for command in commands:
            text = self.typed(command.block.text if command.block and is_script(command.block) else command.text)
            words = (*shlex.split(text, comments=True),)
            if words in typed_before:
                continue
            typed_before.add(words)
            typed = self._type(command, text)
            code = next((code for beginning, code in codes.items() if command.text.startswith(beginning)), 0)
            if typed.code != code:
                wrong.append(f"{command}\n{text}\nended with {typed.code}:\n{typed.output}{typed.complaints}")
            for form in IDS:
                for match in form.finditer(typed.output):
                    self._ids[form] = match[0]
        return wrong

    def typed(self, text: str) -> str:
        """The text as it is typed here."""
        text = ENVIRONMENT.sub(rf"\1 {self.environment}", text)
        text = text.replace(" --sandbox", "" if "--env" in text else f" --env {self.environment}")
        for name, value in self.names.items():
            text = text.replace(name, value)
        for form, last in self._ids.items():
            text = form.sub(last, text)
        return text

    def _type(self, command: Command, text: str) -> Typed:
        if command.block and is_script(command.block):
            typed = self._run("bash", "-e", "-o", "pipefail", "-c", text)
            self.outputs[command.block] = typed.output
            return typed
        line, _, file = text.partition(" > ")
        words = Command("", 0, line).words
        if command.text.startswith(ENDLESS):
            return self._stop(*words)
        if command.text.startswith(READING):
            return self._run(*words)
        ran = CliRunner().invoke(app, [*words[1:]])
        if file:
            (self.folder / file).write_text(ran.stdout)
        return Typed(ran.exit_code, ran.stdout, ran.stderr + (repr(ran.exception) if ran.exit_code else ""))

    def _run(self, *words: str) -> Typed:
        ran = subprocess.run(
            words,
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        return Typed(ran.returncode, ran.stdout, ran.stderr)

    def _stop(self, *words: str) -> Typed:
        """Press Ctrl-C after the first line of a command; the code is 0 if that ends it as it should."""
        with subprocess.Popen(
            words, cwd=self.folder, env=self._environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as running:
            assert running.stdout
            first = running.stdout.readline()
            running.send_signal(signal.SIGINT)
            rest, _ = running.communicate(timeout=60)
        return Typed(0 if running.returncode == STOPPED and first else 1, first + rest)

    def _environment(self) -> dict[str, str]:
        path = os.pathsep.join([str(OSML.parent), str(self.programs), os.environ["PATH"]])
        return {**os.environ, **self.variables, "PATH": path, "BROWSER": "true"}
