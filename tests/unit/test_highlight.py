"""The places of the sentences that the engine marks, and how the command line shows them."""

import json
from typing import Any

import pytest

from osml.ask.answer_view import print_json, show
from rag.budget import Budget
from rag.caller import OPERATOR
from rag.models import Highlight, Source
from rag.search.domain import DomainSearch
from rag.search.highlight import highlights
from rag.search.query import nearest
from settings.index import IndexNames
from settings.retrieval import HighlightSettings as Marked
from settings.retrieval import Retrieval
from tests.answers import answer, source
from tests.unit.test_assistant_search import Alias

INDEX = IndexNames(name="passages", text_field="text", embedding_field="vector")
TEXT = "🌳 The park is old. Dogs may come. The gate is open.\nDogs may come. It has 3 ponds."


def hit(*fragments: str, text: str = TEXT) -> dict[str, Any]:
    return {"_id": "a", "_score": 0.5, "_source": {"text": text}, "highlight": {"text": list(fragments)}}


def parts(hit: dict[str, Any]) -> list[str]:
    return [TEXT[start:end] for start, end in highlights(hit, "text")]


def test_a_search_asks_for_sentences_of_the_question_when_they_are_wanted() -> None:
    (value,) = nearest("what?", 3, INDEX, Retrieval(highlight=Marked(sentences=2)))["highlight"]["fields"].values()
    assert value["highlight_query"] == {"match": {"text": "what?"}}
    assert (value["number_of_fragments"], value["pre_tags"], value["post_tags"]) == (2, [""], [""])
    assert "highlight" not in nearest("what?", 3, INDEX, Retrieval())


def test_ranges_count_characters_and_hold_no_white_space() -> None:
    assert parts(hit("🌳 The park is old. ")) == ["🌳 The park is old."]
    assert highlights(hit("The gate is open.\n"), "text") == [(34, 51)]


def test_a_sentence_that_stands_twice_is_marked_twice() -> None:
    assert highlights(hit("Dogs may come. ", "Dogs may come. "), "text") == [(19, 33), (52, 66)]


def test_nothing_is_marked_without_a_word_of_the_question_or_of_another_text() -> None:
    bare = {"_id": "a", "_score": 0.5, "_source": {"text": TEXT}}
    assert highlights(bare, "text") == highlights(hit(), "text") == highlights(hit("Never said.", " "), "text") == []


def test_the_assistant_returns_highlights_with_its_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Alias("i-1")
    field = engine.index.text_field
    hit = {"_id": "a", "_score": 0.5, "_source": {field: TEXT}, "highlight": {field: ["Dogs may come. "]}}
    monkeypatch.setattr(engine, "send", lambda *_, **__: {"hits": {"hits": [hit]}, "i-1": {}})
    (source,) = DomainSearch(engine).nearest(["dogs?"], None, 1, Budget(20), OPERATOR).sources
    assert [highlight.model_dump() for highlight in source.highlights] == [{"start": 19, "end": 33}]


def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *sources: Source) -> str:
    monkeypatch.setenv("COLUMNS", "400")
    show("what?", answer(None, *sources), "osml ask")
    return capsys.readouterr().out


def test_a_long_passage_is_shown_from_its_first_mark(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Nothing of use. " * 20 + "Dogs\nmay  come. " + "Nothing of use. " * 20
    at = text.index("Dogs")
    said = shown(capsys, monkeypatch, source("a", 0.5, text, highlights=[Highlight(start=at, end=at + 15)]))
    assert "…Dogs may come. Nothing of use." in said
    assert said.count("…") == 3  # the third is in the proposed next question


def test_a_mark_near_the_end_is_shown_with_what_stands_before(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Nothing of use. " * 20 + "Dogs may come."
    said = shown(capsys, monkeypatch, source("a", 0.5, text, highlights=[Highlight(start=320, end=334)]))
    assert "Nothing of use. Dogs may come.\n" in "\n".join(line.rstrip() for line in said.splitlines()) + "\n"


def test_without_marks_a_passage_is_shown_from_its_beginning(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = shown(capsys, monkeypatch, source("a", 0.5, "[b]Nothing[/b] of use. " * 20), source("b", 0.4, "Short."))
    assert "[b]Nothing[/b] of use. [b]Nothing" in said
    assert "Short." in said


def test_a_program_gets_the_ranges(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(answer(None, source("a", 0.5, TEXT, highlights=[Highlight(start=19, end=33)])))
    (printed,) = json.loads(capsys.readouterr().out)["sources"]
    assert printed["highlights"] == [{"start": 19, "end": 33}]


def test_a_source_says_where_in_its_file_it_stands(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    paged = source("a", 0.5, "Text.", page=3, section="Leave > Carry over")
    said = shown(capsys, monkeypatch, paged, source("b", 0.4, "Rows.", sheet="Prices"), source("c", 0.3, "Plain."))
    assert "page 3, Leave > Carry over" in said
    assert "sheet Prices" in said
    assert "place" not in shown(capsys, monkeypatch, source("c", 0.3, "Plain."))
