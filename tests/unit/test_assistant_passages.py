"""Passages: within their limit, nothing lost, ended where a thought ends."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.models import DocumentIn
from assistant.passages import passages, split
from assistant.sentences import sentences

words = st.text(st.characters(codec="utf-8"), max_size=600)
prose = st.lists(st.sampled_from(["A b. ", "c! ", "\n\n", "word ", "e.g. this ", "東京。", "x" * 40]), max_size=120)


@given(words | prose.map("".join), st.integers(10, 200))
def test_nothing_but_white_space_is_lost(text: str, most: int) -> None:
    pieces = split(text, most)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(words | prose.map("".join), st.integers(10, 200))
def test_each_fits_and_holds_something(text: str, most: int) -> None:
    assert all(0 < len(piece) <= most and piece == piece.strip() for piece in split(text, most))


@given(words | prose.map("".join), st.integers(10, 200))
def test_what_fits_is_one(text: str, most: int) -> None:
    assert (len(split(text, most)) <= 1) == (len(text.strip()) <= most)


@given(words | prose.map("".join))
def test_sentences_cover_the_text_in_order(text: str) -> None:
    ranges = sentences(text)
    assert "".join("".join(text[start:end].split()) for start, end in ranges) == "".join(text.split())
    assert all(start < end for start, end in ranges)
    assert all(before[1] <= after[0] for before, after in pairwise(ranges))


@pytest.mark.parametrize(
    ("text", "most", "pieces"),
    [
        ("One two. Three four. Five six.", 20, ["One two. Three four.", "Five six."]),
        ("A paragraph.\n\nAnother one. And more.", 26, ["A paragraph.\n\nAnother one.", "And more."]),
        ("A longer paragraph.\n\nOne. And more.", 30, ["A longer paragraph.", "One. And more."]),
        ("Short.\n\nThen one that is long. And more here.", 40, ["Short.\n\nThen one that is long.", "And more here."]),
        ("one two three four", 9, ["one two", "three", "four"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("Dr. No met Mr. Bond. He left.", 22, ["Dr. No met Mr. Bond.", "He left."]),
    ],
)
def test_where_they_end(text: str, most: int, pieces: list[str]) -> None:
    assert split(text, most) == pieces


def test_a_single_passage_has_the_documents_id_and_several_are_numbered() -> None:
    one = DocumentIn(id="a", text="One two.", title="T")
    assert [(each.id, each.document, each.title) for each in passages(one, 100)] == [("a", "a", "T")]
    assert [each.id for each in passages(DocumentIn(id="a", text="One two. Three four."), 12)] == ["a#1", "a#2"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It costs 3.50 euros. Cheap!", ["It costs 3.50 euros.", "Cheap!"]),
        ("See J. Smith. He knows.", ["See J. Smith.", "He knows."]),
        ('He said "no." Then left.', ['He said "no."', "Then left."]),
        ("Line one\nline two", ["Line one", "line two"]),
        ("東京は首都。大阪は違う。", ["東京は首都。", "大阪は違う。"]),
        ("", []),
    ],
)
def test_where_sentences_end(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == found
