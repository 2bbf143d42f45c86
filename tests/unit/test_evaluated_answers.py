"""Faithfulness and citations of answers, measured by shared words."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from osml.commands import evaluate as command
from osml.evaluate import answers
from osml.evaluate.answers import FAITHFULNESS, PRECISION, RECALL, Faithfulness, below
from osml.evaluate.evaluation import Labelled
from osml.failure import Failure
from osml.main import app
from osml.place import Place
from rag.models import Answer, Source, Timings

HIGH, NINE = "The lighthouse of Orkla is 41 metres high. It was built in 1871.", "The ferry to Orkla leaves at nine."
TOWER = Source(id="tower", document="tower", score=0.9, text=HIGH)
FERRY = Source(id="ferry", document="ferry", score=0.8, text=f"{NINE[:-1]} in the morning.")
PLACE = Place("test", None)


def measured(*texts: str | None) -> Faithfulness:
    figure = Faithfulness()
    for text in texts:
        figure.add("How high?", answer(text))
    return figure


def answer(text: str | None) -> Answer:
    timings = Timings(total_ms=1)
    sources = [TOWER, FERRY]
    return Answer(answer=text, grounded=True, sources=sources, model="m", conversation_id=None, timings=timings)


@pytest.mark.parametrize(
    ("text", "figures"),
    [
        ("The lighthouse of Orkla is 41 metres high [1].", (1, 1, 1)),
        ("The lighthouse of Orkla is 41 metres high. [1]", (1, 1, 1)),
        ("The lighthouse of Orkla is 41 metres high.", (1, None, 0)),
        ("The lighthouse of Orkla is 41 metres high [2].", (1, 0, 0)),
        ("The lighthouse of Orkla is 41 metres high [1, 2].", (1, 0.5, 1)),
        ("The lighthouse of Orkla is 52 metres high [1].", (0, 0, 0)),
        ("The lighthouse of Orkla is 41 metres high [7].", (1, 0, 0)),
        ("The ferry to Orkla leaves at nine in the morning [2]. Elephants paint landscapes.", (0.5, 1, 0.5)),
    ],
)
def test_each_sentence_is_compared_with_what_it_cites(text: str, figures: tuple[float | None, ...]) -> None:
    assert tuple(measured(text).figures.values()) == figures


def test_what_no_passage_says_is_named() -> None:
    assert measured("Elephants paint landscapes.", None).unsupported == {"How high?": ["Elephants paint landscapes."]}
    assert measured("Elephants paint landscapes.", None).answers == 1


def test_a_least_value_that_is_not_reached_is_a_sentence() -> None:
    figures = measured("The lighthouse of Orkla is 41 metres high.").figures
    assert below(figures, {FAITHFULNESS: 1.0, PRECISION: None, RECALL: 0.5}) == [
        "The citation recall is 0.000, and must be 0.5 at least."
    ]


def test_follow_ups_are_left_out_and_none_is_a_failure() -> None:
    def answer_of(place: Place, question: str) -> Answer:
        return answer("It is 41 metres high.")

    questions = [Labelled("How high?", {"tower": 2}), Labelled("And old?", {"tower": 2}, after=("How high?",))]
    assert answers.faithfulness(PLACE, questions, answering=answer_of).answers == 1
    with pytest.raises(Failure, match="No question got an answer"):
        answers.faithfulness(PLACE, questions[1:], answering=answer_of)


@pytest.mark.parametrize(("least", "code"), [("1", 0), ("1.0", 0)])
@pytest.mark.parametrize("text", ["The lighthouse of Orkla is 41 metres high [1].", "Elephants paint."])
def test_the_exit_code_holds_a_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, least: str, code: int
) -> None:
    def faithfulness(*_: Any) -> Faithfulness:
        return measured(text)

    file = tmp_path / "questions.ndjson"
    file.write_text('{"question": "How high?", "relevant": {"tower": 2}}')
    monkeypatch.setattr(command, "place", lambda *_: PLACE)
    monkeypatch.setattr(answers, "faithfulness", faithfulness)
    ended = CliRunner().invoke(app, ["evaluate", str(file), "--answers", "--least-faithfulness", least])
    assert ended.exit_code == (code if "41" in text else 1), ended.output
    assert ("must be 1 at least" in ended.output) == ("41" not in text)
