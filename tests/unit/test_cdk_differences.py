"""Reading the output of `cdk diff`: how many stacks differ, and whether it failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from osml.deploy import cdk
from osml.failure import Failure
from osml.place import Place

WHERE = Place("dev", None)


def differing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: str, code: int = 0) -> int:
    """The result for a CDK command line that prints this on standard error."""
    script = tmp_path / "cdk"
    script.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{printed}\nEND\nexit {code}\n")
    script.chmod(0o755)
    monkeypatch.setattr(cdk, "executable", lambda: str(script))
    return cdk.differences(WHERE, [], tmp_path)


def test_nothing_differs_and_nothing_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = "Stack osml-dev-search\nThere were no differences\n\n✨  Number of stacks with differences: 0"
    assert differing(tmp_path, monkeypatch, printed) == 0
    assert capsys.readouterr().out == ""


def test_the_stacks_that_differ_are_counted_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed = "Stack osml-dev-search\n[~] AWS::IAM::Role Operator\n\n✨  Number of stacks with differences: 2"
    assert differing(tmp_path, monkeypatch, printed) == 2
    assert capsys.readouterr().out == "Stack osml-dev-search\n[~] AWS::IAM::Role Operator\n"


def test_a_comparison_that_fails_is_shown_and_is_no_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Failure, match="cdk diff for the environment dev failed"):
        differing(tmp_path, monkeypatch, "Need to perform AWS calls, but no credentials", code=1)
    assert "no credentials" in capsys.readouterr().out
