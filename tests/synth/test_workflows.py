"""The workflows of .github/, checked by the rules of zizmor that need no network."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# `make checkers` installs it.
ZIZMOR = ROOT / ".venv-checkers" / "bin" / "zizmor"
INJECTED = """
name: greet
on: {issues: {types: [opened]}}
permissions: {}
jobs:
  greet:
    runs-on: ubuntu-24.04
    steps:
      - run: echo "${{ github.event.issue.title }}"
"""


def checked(place: Path) -> subprocess.CompletedProcess[str]:
    assert ZIZMOR.exists(), "run `make checkers`"
    command = [str(ZIZMOR), "--offline", "--no-progress", str(place)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_no_rule_finds_anything() -> None:
    done = checked(ROOT / ".github")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_text_of_others_in_a_command_is_found(tmp_path: Path) -> None:
    (tmp_path / "greet.yml").write_text(INJECTED)
    done = checked(tmp_path / "greet.yml")
    assert done.returncode != 0
    assert "template-injection" in done.stdout
