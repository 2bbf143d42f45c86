"""A file that a parser cannot handle stops only that file: it is named, and the next one is read."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from corpus.document import Document, Unreadable
from corpus.endings import FORMATS
from corpus.formats import Reading
from corpus.separate_process import FileLimits
from corpus.source import HERE
from tests.unit import office_files as office
from tests.unit.pdf_files import pdf
from tests.unit.reading import entries, texts

LITTLE = FileLimits(seconds=2.0, memory=256 << 20)
# For what must be read: on a busy machine, the start of the process alone takes seconds.
PATIENT = replace(LITTLE, seconds=60.0)


def bomb(name: str, around: tuple[bytes, bytes], size: int) -> bytes:
    """An Office file whose main part has `size` MiB of text, compressed to almost nothing."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(office.docx(""))) as before,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as after,
    ):
        for other in {*before.namelist()} - {name}:
            after.writestr(other, before.read(other))
        with after.open(name, "w") as part:
            part.write(around[0])
            for _ in range(size):
                part.write(b"a" * (1 << 20))
            part.write(around[1])
    return made.getvalue()


def boast(size: int) -> bytes:
    """An Office file with a small part whose directory entry claims `size` MiB."""
    made = io.BytesIO(office.docx("x"))
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr("word/large.bin", b"")
        archive.getinfo("word/large.bin").file_size = size << 20
    return made.getvalue()


def hollow_sheet() -> bytes:
    """A sheet with one cell in the first and one in the last row and column: 17 billion cells between them."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(office.xlsx({"A": [["x"]]}))) as before, zipfile.ZipFile(made, "w") as after:
        for name in before.namelist():
            content = before.read(name).decode()
            after.writestr(
                name,
                content.replace("</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'),
            )
    return made.getvalue()


EXCESSES: dict[str, Callable[[], str | bytes]] = {
    "deep.json": lambda: '[{"text": "x", "a": ' + "[" * 200_000 + "]" * 200_000 + "}]",
    "deep.html": lambda: "<div>" * 60_000 + "x",
    "entities.docx": lambda: office.archive({"_rels/.rels": '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'}),
    "bomb.docx": lambda: bomb("word/document.xml", (b"<x>", b"</x>"), 300),
    "hollow.xlsx": hollow_sheet,
}


@pytest.mark.parametrize("name", EXCESSES)
@pytest.mark.thorough
def test_a_file_that_takes_too_much_is_named_and_the_next_one_is_read(name: str) -> None:
    (said,) = entries(EXCESSES[name](), name, limits=LITTLE)
    assert isinstance(said, Unreadable)
    assert said.where == name
    (after,) = entries(pdf("After."), "after.pdf")
    assert isinstance(after, Document)


def test_an_archive_that_would_be_too_large_is_not_unpacked() -> None:
    (refused,) = entries(boast(1_100), "large.docx", limits=PATIENT)
    assert isinstance(refused, Unreadable)
    assert "has 1,100 MiB" in refused.reason


@pytest.mark.thorough
def test_what_came_before_an_excess_is_kept() -> None:
    good = '{"text": "Good."}, ' * 9_000
    parsed = entries(f'[{good}{{"text": "x", "a": {"[" * 200_000}{"]" * 200_000}}}]', "a.json", limits=PATIENT)
    assert isinstance(parsed[0], Document)
    assert isinstance(parsed[-1], Unreadable)


@pytest.mark.parametrize("content", [b"", b"\x00" * 999, b"\xff\xfe\x00", bytes(range(256)) * 9, b"{" * 5_000])
def test_whatever_a_file_holds_it_is_read_or_named(content: bytes) -> None:
    for end in sorted(FORMATS):
        for entry in entries(content, f"a{end}", limits=LITTLE):
            assert isinstance(entry, Document) or entry.reason, end


@pytest.mark.thorough
def test_a_file_that_is_read_in_part_leaves_no_process_in_the_middle_of_it() -> None:
    from corpus.source import read

    content = json.dumps([{"id": str(number), "text": "x"} for number in range(9_999)]).encode()
    first = read(io.BytesIO(content), "a.json", Reading("text"), limits=PATIENT)
    assert next(first).where == "a.json:1"
    first.close()
    assert texts(pdf("After."), "after.pdf") == ["After."]


def test_a_parser_is_given_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parser prints the environment variables of its process."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, corpus.formats.page as page\n"
        "page.decoded = lambda content: '<p>' + ' '.join(sorted(os.environ)) + '</p>'\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    limits = FileLimits(memory=LITTLE.memory + (1 << 20))  # other limits make a new process
    (document,) = entries("x", "a.html", limits=limits)
    assert isinstance(document, Document)
    assert "PYTHONPATH" in document.source["text"]
    assert "AWS" not in document.source["text"]


def test_what_is_read_here_takes_nothing_of_anybody_else() -> None:
    assert {FORMATS[end] for end in (".ndjson", ".csv", ".txt")} == HERE
