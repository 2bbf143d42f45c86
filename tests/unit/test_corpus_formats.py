"""Each format becomes documents; an entry that is no document is named, with its place, and the rest is read."""

import gzip
import io
import json
import sys
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow
import pytest
from pyarrow import parquet

from corpus.document import Document, Unreadable
from corpus.endings import readable
from corpus.formats import Reading, lines
from corpus.source import read, rows
from tests.unit.reading import documents, entries, reasons


@pytest.mark.parametrize("name", ["a.ndjson", "a.jsonl", "a.json"])
def test_objects_one_after_another(name: str) -> None:
    content = '\ufeff{"id": 1, "text": "a", "year": 2023}\n\n{"id": "2", "text": "b", "share": 0.5}\n'
    assert documents(content, name) == [
        {"id": "1", "text": "a", "year": 2023},
        {"id": "2", "text": "b", "share": 0.5},
    ]


def test_an_array_of_objects() -> None:
    content = ' [{"id": "1", "text": "a", "of": [1, 2.5, null]}, 7, {"id": "2", "text": "b"}]'
    parsed = entries(content, "a.json")
    assert [document.where for document in parsed] == ["a.json:1", "a.json:2", "a.json:3"]
    assert isinstance(parsed[0], Document)
    assert parsed[0].source == {"text": "a", "of": [1, 2.5, None]}
    assert reasons(content, "a.json") == ["a.json:2: a JSON object is wanted"]


def test_behind_a_mistake_in_json_nothing_is_read() -> None:
    items = entries('[{"id": "1", "text": "a"}, {nope}]', "a.json")
    assert [type(item) for item in items] == [Document, Unreadable]
    assert items[1].where == "a.json:2"


def test_lines_that_are_no_documents_are_named() -> None:
    faults = reasons('{nope\n[]\n{"text": 3}\n{"text": "good"}\n{"id": "", "text": "x"}\n', "a.ndjson")
    assert [item.split(":")[1] for item in faults] == ["1", "2", "3", "5"]


def test_without_an_id_the_same_content_gets_the_same_one() -> None:
    first, second, third = documents('{"text":"a","year":1}\n{"year":1,"text":"a"}\n{"text":"b"}', "a.ndjson")
    assert first["id"] == second["id"] != third["id"]
    assert len(first["id"]) == 64


def test_a_line_without_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LARGEST", 100)
    items = entries(b"x" * 1000 + b'\n{"id": "2", "text": "b"}\n', "a.ndjson")
    assert [(type(document), document.where) for document in items] == [
        (Unreadable, "a.ndjson:1"),
        (Document, "a.ndjson:2"),
    ]


def test_a_dead_letter_is_the_document_that_it_is_about() -> None:
    letter = {
        "where": "b.md",
        "id": "b.md#2",
        "reason": "no",
        "document": {"id": "b.md#2", "document": "b.md", "text": "t"},
    }
    (document,) = entries(json.dumps(letter), "rejected.ndjson")
    assert isinstance(document, Document)
    assert (document.id, document.of, document.source) == ("b.md#2", "b.md", {"text": "t"})


def test_columns(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    made = [{"id": n, "text": f"t{n}", "raw": b"\x00", "none": None} for n in range(600)]
    parquet.write_table(pyarrow.Table.from_pylist(made), file, row_group_size=100)
    rows = documents(file.read_bytes(), "a.parquet")
    assert len(rows) == 600
    assert rows[599] == {"id": "599", "text": "t599", "raw": "AA=="}
    with file.open("rb") as stream:
        assert sum(item.read for item in read(stream, "a.parquet", Reading("text"))) == file.stat().st_size
    assert "is not a readable Parquet file" in reasons(b"PAR1", "a.parquet")[0]


def test_plain_text_in_utf_8_or_as_its_mark_says() -> None:
    assert documents("täxt", "notes/a.txt") == [{"id": "notes/a.txt", "title": "a", "text": "täxt"}]
    assert documents("täxt".encode("utf-16"), "a.txt")[0]["text"] == "täxt"
    assert reasons(b"t\xe4x\x01t", "a.txt")[0].startswith("a.txt: is not UTF-8 from byte 1 on")
    assert reasons(" \n", "a.txt") == ["a.txt: holds no text"]


def test_compressed_files_are_read_as_they_are() -> None:
    whole = gzip.compress(b'{"id": "1", "text": "a"}\n{"id": "2", "text": "b"}\n')
    assert [document["id"] for document in documents(whole, "a.ndjson.gz")] == ["1", "2"]
    assert "or is not .gz" in reasons(b"nope", "a.ndjson.gz")[0]
    assert "or is not .gz" in reasons(whole[:-9], "a.ndjson.gz")[-1]


def test_what_an_earlier_load_has_settled_is_skipped() -> None:
    content = "".join(f'{{"id": "{n}", "text": "t"}}\n' for n in range(9))
    assert [entry.where for entry in entries(content, "a.ndjson", skip=7)] == ["a.ndjson:8", "a.ndjson:9"]


def test_a_name_that_says_nothing_is_no_document() -> None:
    assert not readable("a.exe")
    assert readable("A.NDJSON.gz")
    assert reasons("x", "a.exe")[0].startswith("a.exe: is none of .ndjson, ")


def test_a_parser_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "corpus.formats.columns", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (said,) = rows(b"PAR1", "a.parquet", Reading("text"))
    assert f"{said.where}: {said.reason}".startswith("a.parquet: cannot be read here, because pyarrow is not installed")


def test_a_name_that_cannot_be_an_id_is_digested() -> None:
    assert len(documents("x", f"{'long/' * 100}a.txt")[0]["id"]) == 64
    assert len(documents("x", "a#b.txt")[0]["id"]) == 64


@pytest.mark.parametrize("name", ["a.ndjson", "a.json", "a.csv"])
def test_a_stream_that_only_goes_forward_will_do(name: str) -> None:
    class Forward:
        def __init__(self, content: bytes) -> None:
            self.content = io.BytesIO(content)

        def read(self, most: int = -1) -> bytes:
            return self.content.read(most)

    content = b"id,text\n1,a\n" if name.endswith("csv") else b'{"id": "1", "text": "a"}'
    (document,) = read(cast(BinaryIO, Forward(content)), name, Reading("text"))
    assert isinstance(document, Document)
    assert document.source == {"text": "a"}
