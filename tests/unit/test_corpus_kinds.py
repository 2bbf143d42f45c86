"""Small inputs after public reports on document readers: each is read completely, or named."""

import pytest

from tests.unit.file_kinds import ALL, HELLO, Content
from tests.unit.office_files import (
    archive,
)
from tests.unit.reading import reasons, texts

_OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
NAMED: dict[str, tuple[str, Content, str]] = {
    "an old Word document": ("a.doc", _OLD + "WordDocument".encode("utf-16-le"), "save it as .docx"),
    "an old Word document of a new name": ("a.docx", _OLD + "WordDocument".encode("utf-16-le"), "save it as .docx"),
    "an old presentation": ("a.ppt", _OLD + "PowerPoint Document".encode("utf-16-le"), "save it as .pptx"),
    "a message of Outlook": ("a.msg", _OLD + "__substg1.0_".encode("utf-16-le"), "save it as .eml"),
    "a workbook with a password": (
        "a.xlsx",
        _OLD + "EncryptedPackage".encode("utf-16-le"),
        "save it without a password",
    ),
    "a document with a password": (
        "a.docx",
        _OLD + "EncryptedPackage".encode("utf-16-le"),
        "save it without a password",
    ),
    "an archive": ("a.zip", archive({"a.txt": "hello"}), "unpack it"),
    "pages of another program": ("a.pages", archive({"Index/Document.iwa": b"\0"}), "save it as .docx"),
    "bytes that are no text": ("a.txt", b"\x00\x01\x02\xff\xfe\xfa" * 50, "save it as UTF-8"),
    "a word that is a text in no encoding": (
        "a.txt",
        "Zażółć gęślą jaźń".encode("cp437", "replace") + b"\x81\x02",
        "save it as UTF-8",
    ),
    "an empty Word document": ("a.docx", "", "is empty"),
    "an empty PDF": ("a.pdf", "", "is empty"),
    "an empty workbook": ("a.xlsx", "", "is empty"),
    "an empty text": ("a.txt", "", "holds no text"),
    "blanks": ("a.txt", " \n\t \n", "holds no text"),
    "a program": ("a.exe", b"MZ\0\0", "is none of .ndjson"),
    "a program without an end of its name": ("a", b"MZ\0\1\2", "is none of .ndjson"),
    "a row with more cells": ("a.csv", "text,n\na,1,extra\n", "has 3 cells, the first row 2"),
    "no notebook": ("a.ipynb", "[]", "is not a readable notebook"),
    "an archive that is cut": ("a.docx", HELLO[:100], "is damaged"),
}


@pytest.mark.parametrize("kind", ALL)
def test_all_of_it_is_read(kind: str) -> None:
    name, content, expected = ALL[kind]
    assert texts(content, name) == expected
    assert reasons(content, name) == []


@pytest.mark.parametrize("kind", NAMED)
def test_what_is_not_read_is_named_with_what_to_do(kind: str) -> None:
    name, content, expected = NAMED[kind]
    assert texts(content, name) == []
    (reason,) = reasons(content, name)
    assert reason.startswith(name)
    assert expected in reason
