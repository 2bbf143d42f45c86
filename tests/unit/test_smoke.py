"""What counts as a grounded answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from osml.ask import smoke
from osml.ask.smoke import fault_of
from osml.cause import Cause
from osml.failure import Failure
from osml.place import Place
from rag.models import Answer, Source
from tests import answers
from tests.answers import source

ENVIRONMENTS = Path(__file__).parents[2] / "environments"
GENERATION = {"dev": "", "aoss": "nextgen", "classic": "classic"}
QUESTION = "How many people live in the metro area of Miami?"
TEXT = "The metro area population of Miami in 2023 was 6,265,000, a 0.8% increase from 2022."
SOURCES = [source("miami", 0.7, TEXT)]


def answer(text: str | None, sources: list[Source] = SOURCES) -> Answer:
    return answers.answer(text, *sources, model=text and "deepseek-flash")


@pytest.mark.parametrize("text", ["It was 6,265,000 in 2023.", "The population grew.", "Ein Zuwachs von 0.8%."])
def test_what_takes_a_figure_or_a_word_from_the_documents_is_grounded(text: str) -> None:
    assert fault_of(QUESTION, answer(text)) is None


@pytest.mark.parametrize(
    ("text", "sources", "fault"),
    [
        ("", SOURCES, "the answer is empty"),
        (" \n", SOURCES, "the answer is empty"),
        ("<think>Miami…</think>6,265,000", SOURCES, "the answer contains the model's reasoning"),
        ("so it is</THINK> 6,265,000", SOURCES, "the answer contains the model's reasoning"),
        ("6,265,000", [], "the answer has no source document"),
        ("6,265,000", [source("empty", 0.1, " ")], "the answer has no source document"),
        ("The passages do not hold that.", SOURCES, "the answer uses nothing from 1 found document:"),
        ("How many people live in Miami is not said.", SOURCES, "the answer uses nothing from 1 found document:"),
        ("About 7,000,000", SOURCES, "the answer uses nothing from 1 found document:"),
    ],
)
def test_what_is_wrong_is_said(text: str, sources: list[Source], fault: str) -> None:
    assert (fault_of(QUESTION, answer(text, sources)) or "").startswith(fault)


def test_an_expected_text_decides_alone() -> None:
    assert fault_of(QUESTION, answer("约626万人"), ["626", "6,265,000"]) is None
    fault = fault_of(QUESTION, answer("It was 6,265,000."), ["626万", "6.3 million"])
    assert fault == "the answer does not contain '626万' or '6.3 million': It was 6,265,000."


def test_a_long_answer_is_cut_in_the_report() -> None:
    assert len(fault_of(QUESTION, answer("<think>" + "word " * 500)) or "") < 300


def test_where_no_model_answers_the_documents_count() -> None:
    assert fault_of(QUESTION, answer(None)) is None
    assert fault_of(QUESTION, answer(None), ["6,265,000"]) is None
    assert (fault_of(QUESTION, answer(None), ["18,937,000"]) or "").startswith(
        "no document contains '18,937,000': The metro"
    )
    assert fault_of(QUESTION, answer(None, [])) == "no document with a text was found"
    assert fault_of(QUESTION, answer(None, [source("empty", 0.1, "")])) == "no document with a text was found"


@pytest.mark.parametrize(
    ("env", "seconds", "missing", "slept"),
    [
        # On a domain, `osml ingest` ends only after a refresh.
        ("dev", 0, 1, []),
        ("dev", 0, 0, []),
        ("aoss", 10, 0, []),
        ("aoss", 10, 2, [10 / 3, 10 / 3]),
        ("aoss", 10, 9, [10 / 3] * 3),
        ("classic", 60, 3, [20, 20, 20]),
    ],
)
def test_a_collection_is_asked_again_until_it_must_show_what_was_stored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, env: str, seconds: int, missing: int, slept: list[float]
) -> None:
    """The first `missing` answers do not show the documents."""
    text = (ENVIRONMENTS / ("dev" if env == "dev" else "sandbox-aoss")).with_suffix(".yaml").read_text()
    (tmp_path / f"{env}.yaml").write_text(
        text.replace("kind: serverless", f"kind: serverless\n  generation: {GENERATION[env]}")
    )
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(tmp_path))
    questions: list[str] = []
    waited: list[float] = []

    def ask(_: Place, question: str) -> Answer:
        questions.append(question)
        return answer("It was 6,265,000 in 2023.", SOURCES if len(questions) > missing else [])

    monkeypatch.setattr(smoke, "ask", ask)
    try:
        said = smoke.run(Place(env, None), QUESTION, [], waited.append)
    except Failure as failure:
        said = str(failure)
    assert waited == slept
    assert said.startswith("Grounded" if missing <= len(slept) else "The question")
    assert (f"also after {seconds} s" in said) == (missing > len(slept) > 0)


@pytest.mark.parametrize(
    ("refusals", "cause", "pauses"), [(0, None, 0), (4, "model-starting", 4), (99, "model-starting", 40), (1, None, 0)]
)
def test_a_model_that_starts_is_waited_for_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, refusals: int, cause: Cause | None, pauses: int
) -> None:
    monkeypatch.setattr(smoke, "visible_seconds", lambda _: 0)
    waited: list[float] = []
    refused = iter([Failure("It starts.", cause)] * refusals)

    def ask(*_: object) -> Answer:
        if failure := next(refused, None):
            raise failure
        return answer("It was 6,265,000 in 2023.")

    monkeypatch.setattr(smoke, "ask", ask)
    try:
        answers_at_last = smoke.run(Place("dev", None), QUESTION, [], waited.append).startswith("Grounded")
    except Failure:
        answers_at_last = False
    assert answers_at_last == (refusals <= pauses)
    assert waited == [smoke.START_PAUSE] * pauses
