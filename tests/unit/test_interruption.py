"""Ctrl-C at any time ends a command with a sentence and its exit code, without a traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from osml.exit_code import STOPPED

pytestmark = pytest.mark.thorough

# Sends the signal after that many modules were looked for, or prints their number.
PROBE = """
import signal, sys
from osml.start import main
left = int(sys.argv.pop(1))
looked_for = 0
def look(event, _):
    global looked_for
    if event == "import":
        looked_for += 1
        if looked_for == left:
            signal.raise_signal(signal.SIGINT)
sys.addaudithook(look)
try:
    main()
finally:
    if not left:
        print(looked_for, file=sys.stderr)
"""
COMMANDS = {
    "help": ["ingest", "--help"],
    "dry run": ["ingest", "--env", "sandbox", "--dry-run", "a.md", "a.docx"],
    "sync": ["sync", "--env", "sandbox"],
}


def interrupted(folder: Path, number: int, words: list[str]) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("OSML_", "AWS_"))}
    return subprocess.run(
        [sys.executable, "-c", PROBE, str(number), *words],
        cwd=folder,
        env={**own, "AWS_EC2_METADATA_DISABLED": "true"},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_is_interrupted_says_so(command: str, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("text")
    (tmp_path / "a.docx").write_bytes(b"PK")
    words = COMMANDS[command]
    whole = interrupted(tmp_path, 0, words)
    modules = int(whole.stderr.split()[-1])
    assert modules > 500
    for number in [1, *range(modules // 12, modules, modules // 12)]:
        ended = interrupted(tmp_path, number, words)
        assert (number, ended.returncode, ended.stderr) == (number, STOPPED, "Interrupted.\n")


AT_THE_EXIT = "import atexit, signal; atexit.register(signal.raise_signal, signal.SIGINT)"
WHERE_NOTHING_CAN_RAISE = """
import signal, sys
class Ends:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)
sys.addaudithook(lambda event, words: Ends() if event == "import" and words[0] == "osml.terminal" else None)
"""


@pytest.mark.parametrize("place", [AT_THE_EXIT, WHERE_NOTHING_CAN_RAISE], ids=["exit", "end of an object"])
def test_no_exception_is_lost_where_no_caller_takes_it(place: str, tmp_path: Path) -> None:
    code = f"{place}\nfrom osml.start import main\nmain()"
    run = subprocess.run(
        [sys.executable, "-c", code, "--version"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (STOPPED, "Interrupted.\n")


def test_a_command_in_the_background_lets_the_signal_be_ignored(tmp_path: Path) -> None:
    code = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n{PROBE}"
    run = subprocess.run(
        [sys.executable, "-c", code, "300", "--version"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
