"""`osml feedback export`: what it writes, and what it advises if there is nothing to write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from osml.feedback import feedback
from osml.main import app
from osml.place import CHECKOUT
from rag.feedback_models import Judgement

SANDBOX = (CHECKOUT / "environments" / "sandbox.yaml").read_text()


def good(question: str) -> Judgement:
    given = {"id": question, "at": "2026-11-30T12:00:00Z", "reader": "r", "rating": "up", "question": question}
    seen = {"documents": ["austin"], "passages": ["austin"], "grounded": True, "model": None, "prompt": "0b1f6c9f4a2d"}
    return Judgement.model_validate(given | seen)


def export(folder: Path, monkeypatch: pytest.MonkeyPatch, kept: str, judged: list[Judgement]) -> tuple[int, str]:
    (folder / "dev.yaml").write_text(SANDBOX.replace("assistant: {}", f"assistant: {{feedback: {{keep: {kept}}}}}"))
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(folder))
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setattr(feedback, "feedback", lambda _: iter(judged))
    result: Any = CliRunner().invoke(app, ["feedback", "export", str(folder / "set.ndjson"), "--env", "dev"])
    return result.exit_code, str(result.exception) if result.exception else result.output


@pytest.mark.parametrize(
    ("kept", "advised", "not_advised"),
    [
        ("texts", "Wait until readers have rated answers", "keep"),
        ("ratings", "Set assistant.feedback.keep to texts in environments/dev.yaml, deploy", "feedback list"),
    ],
)
def test_only_what_is_not_set_is_advised(
    kept: str, advised: str, not_advised: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = export(tmp_path, monkeypatch, kept, [])
    assert (code, advised in said, not_advised in said) == (1, True, False), said
    assert not (tmp_path / "set.ndjson").exists()


@pytest.mark.parametrize(("number", "counted"), [(1, "1 labelled question."), (2, "2 labelled questions.")])
def test_the_number_of_questions_has_its_noun(
    number: int, counted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, said = export(tmp_path, monkeypatch, "texts", [good(f"Question {each}?") for each in range(number)])
    assert (code, f"{tmp_path / 'set.ndjson'} has {counted} Measure with: osml evaluate" in said) == (0, True), said
    lines = (tmp_path / "set.ndjson").read_text().splitlines()
    assert [json.loads(line)["relevant"] for line in lines] == [{"austin": 2}] * number
