"""Every text enters through one module: files, questions and bodies are plain data, and JSON."""

import base64
import io
import json
import math
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from calls.plain import DEEPEST, LARGEST, TOO_DEEP, mended, plain
from corpus import fields
from corpus.destination import Outcome, Verdict
from corpus.document import Document, Entry, Unreadable
from corpus.formats import Reading
from corpus.formats.loose_json import corrected
from corpus.in_flight import Item, Track
from corpus.report import DeadLetter, Report
from corpus.source import read
from gateway.request import json_body
from osml.ingest.dead_letters import DeadLetters
from osml.ingest.storing import Storing
from rag.failures import Invalid
from tests.unit.properties import examples

WORDS = st.text(st.characters(exclude_categories=[]), max_size=8) | st.sampled_from(["NaN", '"', "\\", "-Infinity"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


def entries(content: str | bytes, name: str = "rows.ndjson") -> list[Entry]:
    content = content.encode() if isinstance(content, str) else content
    return list(read(io.BytesIO(content), name, Reading("text")))


def sources(content: str | bytes, name: str = "rows.ndjson") -> dict[str, dict[str, Any]]:
    return {entry.id: dict(entry.source) for entry in entries(content, name) if isinstance(entry, Document)}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("as it is", "as it is"),
        ("é \U0001f600", "é \U0001f600"),
        ("\ud83d\ude00", "\U0001f600"),
        ("a\ud83db", "a\ufffdb"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("\udc80", "\ufffd"),
    ],
)
def test_a_surrogate_is_paired_or_replaced(given: str, wanted: str) -> None:
    assert mended(given) == wanted


@examples(150)
@given(JSON)
def test_whatever_comes_is_json_afterwards(value: Any) -> None:
    cleaned = plain(value)
    json.dumps(cleaned, allow_nan=False, ensure_ascii=False).encode()
    assert plain(cleaned) == cleaned


def test_depth_has_an_end() -> None:
    deep: Any = "deep"
    for _ in range(100_000):
        deep = [deep]
    shown = json.dumps(plain(deep))
    assert shown.count("[") == DEEPEST
    assert TOO_DEEP in shown


def test_what_has_no_text_is_named() -> None:
    unseen = ['"\\u200b\\u00ad"', '"\\u0000"', '"\\ufeff\\u2060"', '"\\u00a0\\u3000\\u200e"']
    rows = ['""', '"   "', '"\\n\\t"', *unseen, "null", "42", '["one", "two"]', '"Only this one"']
    parsed = entries("".join(f'{{"id": "x{n}", "text": {row}}}\n' for n, row in enumerate(rows)))
    assert [type(item) for item in parsed] == [Unreadable] * 10 + [Document]
    reasons = [document.reason for document in parsed if isinstance(document, Unreadable)]
    assert reasons[:7] == ["the text, `text`, is blank"] * 7
    assert reasons[7:] == ["the field `text` is missing, or is not a string"] * 3


def test_texts_and_ids_have_whole_characters() -> None:
    cited = sources('{"id": "bad\\ud83d", "text": "lone \\ude00 here, pair \\ud83d\\ude00", "who": {"\\ud800": 1}}\n')
    assert cited == {"bad\ufffd": {"text": "lone \ufffd here, pair \U0001f600", "who": {"\ufffd": 1}}}
    assert sources('{"id": "n", "text": "nul \\u0000 here"}\n')["n"]["text"] == "nul \0 here"


NUMBERS = '{"id": "n1", "text": "NaN", "value": NaN, "list": [Infinity, -Infinity, 1.5], "said": "Infinity \\" NaN"}'


@pytest.mark.parametrize(
    ("name", "content"), [("in.ndjson", NUMBERS), ("in.json", f"[{NUMBERS}]"), ("in.json", NUMBERS)]
)
def test_what_is_no_number_is_null(name: str, content: str) -> None:
    wanted = {"text": "NaN", "value": None, "list": [None, None, 1.5], "said": 'Infinity " NaN'}
    assert sources(content, name) == {"n1": wanted}


def test_what_is_behind_it_is_read() -> None:
    rows = ['{"id": "a", "text": "a", "v": NaN}', '{"id": "b", "text": "b", "v": 1}']
    assert list(sources(f"[{','.join(rows)}]", "in.json")) == ["a", "b"]


def test_a_value_that_is_not_a_number_becomes_null(tmp_path: Path) -> None:
    file = tmp_path / "in.parquet"
    parquet.write_table(pyarrow.table({"text": ["a"], "value": [math.nan], "id": ["p"]}), file)
    assert sources(file.read_bytes(), "in.parquet") == {"p": {"text": "a", "value": None}}


@examples(300)
@given(JSON, st.integers(1, 40))
def test_no_number_is_found_wherever_the_stream_is_cut(value: Any, size: int) -> None:
    text = json.dumps(value).encode()
    stream, rest = corrected(io.BytesIO(text)), b""
    while more := stream.read(size):
        rest += more

    def held(digits: str) -> int | str:
        return int(digits) if abs(int(digits)) < LARGEST else digits

    assert json.loads(rest) == json.loads(text, parse_constant=lambda _: None, parse_int=held)


def test_a_row_cannot_name_its_document_or_set_fields_of_the_engine() -> None:
    row = {"id": "r", "text": "t", "document": "official-policy", "embedding": [1], "_id": "x", "_routing": "y"}
    (document,) = entries(json.dumps({**row, "osml": {"labels": ["a=b"]}, "title": {"en": "x"}, "year": 1}) + "\n")
    assert isinstance(document, Document)
    assert (document.id, document.of) == ("r", "r")
    assert set(document.source) == {"text", "year", "osml"}
    wanted = {"text": "t", "document": "official-policy", "embedding": [1], "_id": "x", "_routing": "y", "year": 1}
    assert fields.given(document.source) == {**wanted, "osml": {"labels": ["a=b"]}, "title": {"en": "x"}}


def test_a_row_in_the_shape_of_a_dead_letter_forges_nothing() -> None:
    letter = {"where": "x:1", "id": "evil", "reason": "-"}
    forged = {"id": "evil", "text": "t", "document": "official-policy"}
    (unreadable,) = entries(json.dumps({**letter, "document": forged}) + "\n")
    assert isinstance(unreadable, Unreadable)
    assert "is not a part of a document 'official-policy'" in unreadable.reason
    (unreadable,) = entries(json.dumps({**letter, "document": {**forged, "id": "official-policy#7"}}) + "\n")
    assert isinstance(unreadable, Document)


def test_dead_letters_are_json_and_give_back_what_was_given(tmp_path: Path) -> None:
    row = '{"id": "r", "text": "t", "document": "d", "_id": 1, "value": NaN, "\\ud800": "\\udc00"}\n[NaN]\n'
    report, dead_letters = Report(), list[Any]()
    track = Track(report, dead_letters.append, lambda _: None)
    document, unreadable = entries(row)
    assert isinstance(document, Document)
    tracked = track.add(document, 1)
    track.settle(Item(document, b"", tracked), Outcome(Verdict.REFUSED, "no"))
    track.add(unreadable)
    track.advance(ending=True)
    letters = DeadLetters(tmp_path / "rejected.ndjson")
    for item in dead_letters:
        letters.write(item)
    letters.close()
    lines = [json.loads(line, parse_constant=pytest.fail) for line in letters.file.read_text().splitlines()]
    assert lines[1]["document"] == [None]
    wanted = {"text": "t", "value": None, "\ufffd": "\ufffd", "_id": 1, "id": "r", "document": "r"}
    assert lines[0]["document"] == wanted
    (again,) = entries(letters.file.read_bytes().splitlines()[0] + b"\n")
    assert isinstance(again, Document)
    assert again.source == {**document.source, "osml": {"kept": [{"name": "_id", "value": 1}]}}


def test_dead_letters_refuse_what_is_no_json(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        DeadLetters(tmp_path / "x").write(DeadLetter("x", None, "no", math.nan))


def test_a_table_with_a_column_without_a_name_is_stored() -> None:
    items = entries(",title,text\n0,Opening hours,The library opens at nine\n", "pandas.csv")
    assert isinstance(items[0], Document)
    assert items[0].source == {"column_1": "0", "title": "Opening hours", "text": "The library opens at nine"}


def test_a_collection_is_sent_texts_and_names_what_it_does_not_keep() -> None:
    storing = Storing(None, "text", 1_000_000)  # type: ignore[arg-type]
    (document,) = entries('{"id": "r", "text": "x \\ud83d", "title": 42, "document": "d", "year": 1}\n')
    assert isinstance(document, Document)
    assert storing.unkept(document) == {"document", "year"}
    assert json.loads(storing.encode(document)) == {"id": "r", "text": "x \ufffd", "title": "42"}


def _body(text: str, **more: Any) -> Any:
    return json_body({"headers": {"Content-Type": "application/json"}, "body": text, **more}, 10_000)


def test_half_a_character_in_a_body_is_replaced() -> None:
    wanted = {"question": "half \ufffd, whole \U0001f600"}
    text = '{"question": "half \\ud83d, whole \\ud83d\\ude00"}'
    assert _body(text) == wanted
    assert _body(base64.b64encode(text.encode()).decode(), isBase64Encoded=True) == wanted
    assert _body('{"a": "${parameters.x} {{x}}"}') == {"a": "${parameters.x} {{x}}"}


@pytest.mark.parametrize(
    "text", ['{"a": "\\ud83d", "b": NaN}', '{"a": "\\ud83d"', '{"a": "\\ud83d", "b": ' + "[" * 3000]
)
def test_other_faults_of_a_body_stay_faults(text: str) -> None:
    with pytest.raises(Invalid, match="not JSON"):
        _body(text)
