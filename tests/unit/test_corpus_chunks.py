"""A document is cut where a thought ends, no text is lost, and each chunk names its place."""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.chunks import chunks, spans, split
from corpus.document import Document
from corpus.sentences import sentences
from tests.unit.growth import grows_in_proportion
from tests.unit.properties import examples

words = st.text(st.characters(codec="utf-8"), max_size=600)
prose = st.lists(st.sampled_from(["A b. ", "c! ", "\n\n", "word ", "e.g. this ", "東京。", "x" * 40]), max_size=120)
# What once made the time quadratic: runs of characters that may end a sentence, of white space, of closing marks.
RUNS = {
    "dots": lambda size: "." * size,
    "dots with spaces": lambda size: ". " * (size // 2),
    "spaces": lambda size: "x" + " " * size + "x",
    "newlines": lambda size: "x" + "\n" * size + "x",
    "spaces before newlines": lambda size: ("x" + " " * 99 + "\n") * (size // 101),
    "quotes": lambda size: "." + '"' * size,
    "dots and quotes": lambda size: ".'" * (size // 2),
    "full stops of Chinese": lambda size: "。" * size,
    "one word": lambda size: "x" * size,
    "words": lambda size: "word " * (size // 5),
    "capitals": lambda size: "A. " * (size // 3),
}


def test_a_short_document_stays_what_it_is() -> None:
    document = Document("a", {"text": "short"}, "f:1", "a")
    assert chunks(document, "text", 100) == [document]


def test_chunks_have_ids_of_their_document_and_its_fields() -> None:
    document = Document("a", {"text": "One sentence. Another one.", "title": "T"}, "f:1", "a")
    first, second = chunks(document, "text", 14)
    assert (first.id, first.of, first.source) == ("a#1", "a", {"text": "One sentence.", "title": "T"})
    assert (second.id, second.source["text"], second.where) == ("a#2", "Another one.", "f:1")


def test_each_chunk_says_where_it_stands() -> None:
    text = "Rules\n\nOne is here.\n\nFees\n\nTwo is there."
    places = [(0, {"page": 1, "section": "Rules"}), (21, {"page": 2, "section": "Fees"})]
    passages = chunks(Document("a", {"text": text}, "f", "a", 0, places), "text", 24)
    assert [passage.source for passage in passages] == [
        {"text": "Rules\n\nOne is here.", "page": 1, "section": "Rules"},
        {"text": "Fees\n\nTwo is there.", "page": 2, "section": "Fees"},
    ]
    (whole,) = chunks(Document("a", {"text": text}, "f", "a", 0, places), "text", 100)
    assert (whole.id, whole.source) == ("a", {"text": text, "page": 1, "section": "Rules"})


def test_a_chunk_ends_where_a_section_does_rather_than_where_a_paragraph_does() -> None:
    text = "Head\n\nBody of one.\n\nNext\n\nIts first.\n\nIts second that is longer."
    section = text.index("Next")
    document = Document("a", {"text": text}, "f", "a", 0, [(0, {"section": "Head"}), (section, {"section": "Next"})])
    assert chunks(document, "text", 38)[0].source["text"] == "Head\n\nBody of one."


@pytest.mark.parametrize(
    ("text", "most", "overlap", "expected"),
    [
        ("One two three. Four. Five six.", 20, 50, ["One two three. Four.", "Four. Five six."]),
        ("One two three. Four. Five six.", 20, 10, ["One two three. Four.", "Five six."]),
        ("aa bb cc dd ee ff gg hh", 12, 40, ["aa bb cc dd", "dd ee ff gg", "gg hh"]),
        ("x" * 25, 10, 50, ["x" * 10, "x" * 10, "x" * 5]),
        ("東京は首都。大阪は違う。京都も。", 12, 50, ["東京は首都。大阪は違う。", "大阪は違う。京都も。"]),
    ],
)
def test_what_ends_a_chunk_begins_the_next_one_too(text: str, most: int, overlap: int, expected: list[str]) -> None:
    assert split(text, most, overlap=overlap) == expected


def test_no_chunk_begins_with_what_belongs_to_another_section() -> None:
    text = "Head\n\nBody of one. More.\n\nNext\n\nIts first. Its second that is longer."
    section = text.index("Next")
    document = Document("a", {"text": text}, "f", "a", 0, [(0, {"section": "Head"}), (section, {"section": "Next"})])
    first, second, *_ = [chunk.source["text"] for chunk in chunks(document, "text", 42, overlap=50)]
    assert (first, second[:4]) == ("Head\n\nBody of one. More.", "Next")


@examples(200)
@given(words | prose.map("".join), st.integers(1, 200), st.integers(0, 50))
def test_with_an_overlap_nothing_is_lost_and_no_chunk_is_too_long(text: str, most: int, overlap: int) -> None:
    cuts, at, before = list(spans(text, most, (), None, overlap)), 0, -1
    for start, end in cuts:
        assert before < start < end <= start + most
        assert end > at
        assert not text[at:start].strip()
        before, at = start, end
    assert not text[at:].strip()


@pytest.mark.parametrize("kind", RUNS)
@pytest.mark.thorough
def test_with_an_overlap_the_time_grows_as_the_text_does(kind: str) -> None:
    assert grows_in_proportion(lambda text: split(text, 1000, 256, 50), RUNS[kind], 8_000)


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("One two. Three four. Five six.", 20, ["One two. Three four.", "Five six."]),
        (
            "One two three. Four.\n\nFive six seven eight nine ten.",
            40,
            ["One two three. Four.", "Five six seven eight nine ten."],
        ),
        ("A longer paragraph.\n\nOne. And more.", 30, ["A longer paragraph.", "One. And more."]),
        ("One two three four five six seven", 20, ["One two three four", "five six seven"]),
        ("Dr. No met Mr. Bond. He left.", 22, ["Dr. No met Mr. Bond.", "He left."]),
        ("東京は首都。大阪は違う。", 8, ["東京は首都。", "大阪は違う。"]),
        ("x" * 25, 10, ["x" * 10, "x" * 10, "x" * 5]),
        (" \n ", 10, []),
    ],
)
def test_where_chunks_end(text: str, most: int, expected: list[str]) -> None:
    assert split(text, most) == expected


@pytest.mark.parametrize("over", [1, 9, 100, 240, 260])
def test_no_crumb_is_left_at_the_end(over: int) -> None:
    text = ("word " * 400)[: 1000 + over].strip() + "."
    assert min(len(item) for item in split(text, 1000)) > 200


@examples(60)
@given(words | prose.map("".join) | st.text(st.sampled_from("ab .!?\n\t。é"), max_size=300), st.integers(2, 200))
def test_nothing_is_lost_but_white_space(text: str, most: int) -> None:
    pieces = split(text, most)
    assert re.sub(r"\s", "", "".join(pieces)) == re.sub(r"\s", "", text)
    assert all(0 < len(item) <= most and item == item.strip() for item in pieces)
    assert (len(pieces) <= 1) == (len(text.strip()) <= most)


@given(words | prose.map("".join))
def test_sentences_cover_the_text_in_order(text: str) -> None:
    ranges = sentences(text)
    assert "".join("".join(text[start:end].split()) for start, end in ranges) == "".join(text.split())
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in ranges)
    assert ranges == sorted(ranges)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It costs 3.50 euros. Cheap!", ["It costs 3.50 euros.", "Cheap!"]),
        ("See J. Smith. He knows.", ["See J. Smith.", "He knows."]),
        ('He said "no." Then left.', ['He said "no."', "Then left."]),
        ("Line one\nline two", ["Line one", "line two"]),
        ("東京は首都。大阪は違う。", ["東京は首都。", "大阪は違う。"]),
        ("", []),
    ],
)
def test_where_sentences_end(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == expected


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("work", [sentences, lambda text: split(text, 1000)], ids=["sentences", "chunks"])
@pytest.mark.thorough
def test_the_time_grows_as_the_text_does(work: Callable[[str], object], run: str) -> None:
    assert grows_in_proportion(work, RUNS[run], 8_000)


def test_the_title_takes_its_tokens_of_a_chunk_and_a_quarter_at_most() -> None:
    def longest(title: str | None) -> int:
        fields = {"text": "word " * 400} | ({} if title is None else {"title": title})
        return max(
            len(chunk.source["text"].split()) for chunk in chunks(Document("a", fields, "f:1", "a"), "text", 9000, 100)
        )

    without = longest(None)
    assert longest("ten " * 10) <= without - 9
    assert longest("many " * 300) >= without * 0.7
