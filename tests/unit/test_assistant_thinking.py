"""A model's thoughts never reach the reader, wherever the pieces end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.failures import Broken
from rag.thinking import spoken


@pytest.mark.parametrize(
    ("text", "opened", "said"),
    [
        ("\nI ponder.\n</think>\n\nBoston.", True, "Boston."),
        ("<think>\nI ponder.\n</think>\n\nBoston.", False, "Boston."),
        ("<think>again</think>Boston.", True, "Boston."),
        ("Boston.", False, "Boston."),
        ("  Boston <3 & a </thin line.", False, "Boston <3 & a </thin line."),
        ("hm</think>Boston.<think>more</think> Yes.", True, "Boston. Yes."),
        ("hm</think>Boston.<think>cut off", True, "Boston."),
        ("Boston. <thi", False, "Boston. <thi"),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_what_is_said(text: str, opened: bool, said: str, size: int) -> None:
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    assert "".join(spoken(pieces, opened)) == said


@pytest.mark.parametrize(
    ("text", "opened"),
    [("I ponder", True), ("<think>I ponder", False), ("", False), (" ", False), ("a</think> ", True)],
)
def test_a_model_that_never_spoke(text: str, opened: bool) -> None:
    with pytest.raises(Broken, match=r"Raise answer\.max_tokens"):
        list(spoken([text], opened))


def test_pieces_come_as_soon_as_they_can() -> None:
    heard: list[str] = []

    def model() -> object:
        yield "<think>a</think>One "
        assert heard == ["One "]
        yield "two <"
        assert heard == ["One ", "two "]
        yield "3"

    for piece in spoken(model()):  # type: ignore[arg-type]
        heard.append(piece)
    assert heard == ["One ", "two ", "<3"]


@given(st.lists(st.sampled_from(["<think>", "</think>", "<", "think>", "a", " ", "/"])), st.booleans())
def test_where_the_pieces_end_makes_no_difference(parts: list[str], opened: bool) -> None:
    text = "".join(parts)

    def said(pieces: list[str]) -> str | None:
        try:
            return "".join(spoken(pieces, opened))
        except Broken:
            return None

    assert said([text]) == said(list(text)) == said(parts)
