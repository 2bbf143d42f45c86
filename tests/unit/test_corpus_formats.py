"""Each format becomes documents; what is none is named, with its place, and the rest is read."""

import gzip
import io
import json
import sys
import zlib
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow
import pytest
from pyarrow import parquet

from corpus.document import Document, Entry, Unreadable
from corpus.formats import lines
from corpus.source import read, readable


def entries(content: bytes | str, name: str, skip: int = 0) -> list[Entry]:
    data = content.encode() if isinstance(content, str) else content
    return list(read(io.BytesIO(data), name, "text", skip))


def documents(content: bytes | str, name: str) -> list[dict[str, Any]]:
    found = entries(content, name)
    assert all(isinstance(one, Document) for one in found), found
    return [{"id": one.id, **one.source} for one in found if isinstance(one, Document)]


def reasons(content: bytes | str, name: str) -> list[str]:
    return [f"{one.where}: {one.reason}" for one in entries(content, name) if isinstance(one, Unreadable)]


@pytest.mark.parametrize("name", ["a.ndjson", "a.jsonl", "a.json"])
def test_objects_one_after_another(name: str) -> None:
    content = '\ufeff{"id": 1, "text": "a", "year": 2023}\n\n{"id": "2", "text": "b", "share": 0.5}\n'
    assert documents(content, name) == [
        {"id": "1", "text": "a", "year": 2023},
        {"id": "2", "text": "b", "share": 0.5},
    ]


def test_an_array_of_objects() -> None:
    content = ' [{"id": "1", "text": "a", "of": [1, 2.5, null]}, 7, {"id": "2", "text": "b"}]'
    found = entries(content, "a.json")
    assert [one.where for one in found] == ["a.json:1", "a.json:2", "a.json:3"]
    assert isinstance(found[0], Document)
    assert found[0].source == {"text": "a", "of": [1, 2.5, None]}
    assert reasons(content, "a.json") == ["a.json:2: a JSON object is wanted"]


def test_behind_a_mistake_in_json_nothing_is_read() -> None:
    found = entries('[{"id": "1", "text": "a"}, {nope}]', "a.json")
    assert [type(one) for one in found] == [Document, Unreadable]
    assert found[1].where == "a.json:2"


def test_lines_that_are_no_documents_are_named() -> None:
    found = reasons('{nope\n[]\n{"text": 3}\n{"text": "good"}\n{"id": "", "text": "x"}\n', "a.ndjson")
    assert [one.split(":")[1] for one in found] == ["1", "2", "3", "5"]


def test_without_an_id_the_same_content_gets_the_same_one() -> None:
    first, second, third = documents('{"text":"a","year":1}\n{"year":1,"text":"a"}\n{"text":"b"}', "a.ndjson")
    assert first["id"] == second["id"] != third["id"]
    assert len(first["id"]) == 64


def test_a_line_without_end_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LARGEST", 100)
    found = entries(b"x" * 1000 + b'\n{"id": "2", "text": "b"}\n', "a.ndjson")
    assert [(type(one), one.where) for one in found] == [(Unreadable, "a.ndjson:1"), (Document, "a.ndjson:2")]


def test_a_dead_letter_is_the_document_that_it_is_about() -> None:
    letter = {
        "where": "b.md",
        "id": "b.md#2",
        "reason": "no",
        "document": {"id": "b.md#2", "document": "b.md", "text": "t"},
    }
    (found,) = entries(json.dumps(letter), "rejected.ndjson")
    assert isinstance(found, Document)
    assert (found.id, found.of, found.source) == ("b.md#2", "b.md", {"text": "t"})


@pytest.mark.parametrize("between", [",", ";", "\t"])
def test_rows(between: str) -> None:
    content = '\ufeffid,text,year\r\n1,a,2023\r\n,"b\nb",\r\n\r\n3,c,1,7\r\n'.replace(",", between)
    found = entries(content, "a.csv")
    assert [one.where for one in found] == ["a.csv:2", "a.csv:4", "a.csv:6"]
    first, second, third = found
    assert isinstance(first, Document)
    assert isinstance(second, Document)
    assert isinstance(third, Unreadable)
    assert (first.id, first.source) == ("1", {"text": "a", "year": "2023"})
    assert second.source == {"text": "b\nb"}


def test_a_table_without_the_text_says_what_it_has() -> None:
    assert reasons("id,body\n1,a\n", "a.csv") == ["a.csv:1: the first row names no column `text`, but id, body"]


def test_columns(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    rows = [{"id": n, "text": f"t{n}", "raw": b"\x00", "none": None} for n in range(600)]
    parquet.write_table(pyarrow.Table.from_pylist(rows), file, row_group_size=100)
    found = documents(file.read_bytes(), "a.parquet")
    assert len(found) == 600
    assert found[599] == {"id": "599", "text": "t599", "raw": "AA=="}
    with file.open("rb") as stream:
        assert sum(one.read for one in read(stream, "a.parquet", "text")) == file.stat().st_size
    assert "is no Parquet that can be read" in reasons(b"PAR1", "a.parquet")[0]


def test_markdown_loses_its_marks_and_keeps_its_words() -> None:
    content = (
        "---\ntags: x\n---\n# Leave *policy*\n\nTwo lines\nof `text`.\n\n- one\n- two\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n```py\nx = 1\n```\n"
    )
    (found,) = documents(content, "docs/leave.md")
    assert found["id"] == "docs/leave.md"
    assert found["title"] == "Leave policy"
    assert found["text"] == "Leave policy\n\nTwo lines of text.\n\none\n\ntwo\n\na | b\n1 | 2\n\nx = 1"


def test_a_page_is_what_a_reader_sees() -> None:
    content = (
        "<html><head><title>Hi \n there</title><style>x</style></head><body><nav>menu</nav><h1>Big</h1>"
        "<p>One <b>bold</b>\n line.</p><table><tr><th>k</th><td>v</td></tr></table><pre>a\n  b</pre>"
        "<script>1</script></body></html>"
    )
    (found,) = documents(content, "a.html")
    assert (found["title"], found["text"]) == ("Hi there", "Big\n\nOne bold line.\n\nk v\n\na\n  b")


def test_the_text_of_a_pdf() -> None:
    (found,) = documents(pdf("Leave is granted.", "Ask early."), "leave.pdf")
    assert found["text"].split("\n\n") == ["Leave is granted.", "Ask early."]
    assert found["title"] == "leave"
    assert "holds no text" in reasons(pdf(""), "scan.pdf")[0]
    assert "is no PDF that can be read" in reasons(b"%PDF-1.4 nothing", "broken.pdf")[0]


def test_plain_text_in_utf_8_or_as_its_mark_says() -> None:
    assert documents("täxt", "notes/a.txt") == [{"id": "notes/a.txt", "title": "a", "text": "täxt"}]
    assert documents("täxt".encode("utf-16"), "a.txt")[0]["text"] == "täxt"
    assert reasons("täxt".encode("latin-1"), "a.txt")[0].startswith("a.txt: is not UTF-8 from byte 1 on")
    assert reasons(" \n", "a.txt") == ["a.txt: holds no text"]


def test_compressed_files_are_read_as_they_are() -> None:
    whole = gzip.compress(b'{"id": "1", "text": "a"}\n{"id": "2", "text": "b"}\n')
    assert [one["id"] for one in documents(whole, "a.ndjson.gz")] == ["1", "2"]
    assert "or is no .gz" in reasons(b"nope", "a.ndjson.gz")[0]
    assert "or is no .gz" in reasons(whole[:-9], "a.ndjson.gz")[-1]


def test_what_an_earlier_load_has_settled_is_skipped() -> None:
    content = "".join(f'{{"id": "{n}", "text": "t"}}\n' for n in range(9))
    assert [one.where for one in entries(content, "a.ndjson", skip=7)] == ["a.ndjson:8", "a.ndjson:9"]


def test_a_name_that_says_nothing_is_no_document() -> None:
    assert not readable("a.exe")
    assert readable("A.NDJSON.gz")
    assert reasons("x", "a.exe")[0].startswith("a.exe: is none of .ndjson, ")


def test_a_parser_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "corpus.formats.columns", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    (said,) = reasons(b"PAR1", "a.parquet")
    assert said.startswith("a.parquet: cannot be read here, where pyarrow is not installed")


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
    (found,) = read(cast(BinaryIO, Forward(content)), name, "text")
    assert isinstance(found, Document)
    assert found.source == {"text": "a"}


def pdf(*pages: str) -> bytes:
    """A PDF of a page for each text, by hand."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    font = "<< /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    kids = []
    for text in pages:
        stream = zlib.compress(f"BT /F 12 Tf 72 720 Td ({text}) Tj ET".encode())
        kids.append(f"{len(objects) + 1} 0 R")
        page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources {font}"
        objects.append(f"{page} /Contents {len(objects) + 2} 0 R >>")
        head = f"<< /Length {len(stream)} /Filter /FlateDecode >>\nstream\n"
        objects.append(head + stream.decode("latin-1") + "\nendstream")
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>"
    whole, places = "%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(whole))
        whole += f"{number} 0 obj\n{one}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(whole)}\n%%EOF"
    return f"{whole}xref\n0 {size}\n0000000000 65535 f \n{table}{end}".encode("latin-1")
