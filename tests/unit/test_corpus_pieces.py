"""A document is cut where a thought ends, and nothing of it is lost."""

import re

from hypothesis import given
from hypothesis import strategies as st

from corpus.document import Document
from corpus.pieces import parts, split
from tests.unit.properties import examples


def test_a_short_document_stays_what_it_is() -> None:
    document = Document("a", {"text": "short"}, "f:1", "a")
    assert parts(document, "text", 100) == [document]


def test_parts_have_ids_of_their_document_and_its_fields() -> None:
    document = Document("a", {"text": "One sentence. Another one.", "title": "T"}, "f:1", "a")
    first, second = parts(document, "text", 14)
    assert (first.id, first.of, first.source) == ("a#1", "a", {"text": "One sentence.", "title": "T"})
    assert (second.id, second.source["text"], second.where) == ("a#2", "Another one.", "f:1")


def test_a_paragraph_is_a_better_end_than_a_sentence_and_a_sentence_than_a_word() -> None:
    assert split("One two three. Four.\n\nFive six seven eight nine ten.", 40)[0] == "One two three. Four."
    assert split("One two three four. Five six seven eight", 30)[0] == "One two three four."
    assert split("One two three four five six seven", 20)[0] == "One two three four"
    assert split("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]


@examples(60)
@given(st.text(st.sampled_from("ab .!?\n\t。é"), max_size=300), st.integers(2, 60))
def test_nothing_is_lost_but_white_space(text: str, most: int) -> None:
    pieces = split(text, most)
    assert re.sub(r"\s", "", "".join(pieces)) == re.sub(r"\s", "", text)
    assert all(0 < len(piece) <= most and piece == piece.strip() for piece in pieces)


def test_a_long_text_takes_time_in_proportion() -> None:
    pieces = split("word " * 400_000, 1000)
    assert len(pieces) < 2_100
