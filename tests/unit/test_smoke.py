"""What counts as a grounded answer."""

from __future__ import annotations

import pytest

from osml.question import Answer, Source
from osml.smoke import fault_of

QUESTION = "How many people live in the metro area of Miami?"
TEXT = "The metro area population of Miami in 2023 was 6,265,000, a 0.8% increase from 2022."
SOURCES = [Source("miami", 0.7, TEXT)]


def answer(text: str | None, sources: list[Source] = SOURCES) -> Answer:
    return Answer(question=QUESTION, text=text, sources=sources, model=text and "deepseek-chat", took_ms=1)


@pytest.mark.parametrize("text", ["It was 6,265,000 in 2023.", "The population grew.", "Ein Zuwachs von 0.8%."])
def test_what_takes_a_figure_or_a_word_from_the_documents_is_grounded(text: str) -> None:
    assert fault_of(answer(text)) is None


@pytest.mark.parametrize(
    ("text", "sources", "fault"),
    [
        ("", SOURCES, "the answer is empty"),
        (" \n", SOURCES, "the answer is empty"),
        ("<think>Miami…</think>6,265,000", SOURCES, "the answer shows the model's thoughts"),
        ("so it is</THINK> 6,265,000", SOURCES, "the answer shows the model's thoughts"),
        ("6,265,000", [], "the answer rests on no document"),
        ("6,265,000", [Source("empty", 0.1, " ")], "the answer rests on no document"),
        ("The passages do not hold that.", SOURCES, "the answer takes nothing from the 1 documents found"),
        ("How many people live in Miami is not said.", SOURCES, "the answer takes nothing from the 1 documents found"),
        ("About 7,000,000", SOURCES, "the answer takes nothing from the 1 documents found"),
    ],
)
def test_what_is_wrong_is_said(text: str, sources: list[Source], fault: str) -> None:
    assert (fault_of(answer(text, sources)) or "").startswith(fault)


def test_an_expected_text_decides_alone() -> None:
    assert fault_of(answer("约626万人"), ["626", "6,265,000"]) is None
    fault = fault_of(answer("It was 6,265,000."), ["626万", "6.3 million"])
    assert fault == "the answer does not hold '626万' or '6.3 million': It was 6,265,000."


def test_a_long_answer_is_cut_in_the_report() -> None:
    assert len(fault_of(answer("<think>" + "word " * 500)) or "") < 300


def test_where_no_model_answers_the_documents_count() -> None:
    assert fault_of(answer(None)) is None
    assert fault_of(answer(None), ["6,265,000"]) is None
    assert (fault_of(answer(None), ["18,937,000"]) or "").startswith("no document holds '18,937,000': The metro area")
    assert fault_of(answer(None, [])) == "no document with a text was found"
    assert fault_of(answer(None, [Source("empty", 0.1, "")])) == "no document with a text was found"
