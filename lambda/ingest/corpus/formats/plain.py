"""Plain text: a file is a document."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from corpus.document import named
from corpus.formats import Row, too_large, whole


def rows(file: BinaryIO, name: str, text_field: str) -> Iterator[Row]:
    """One row."""
    content = whole(file)
    yield too_large(name) if content is None else one(name, text_field, decoded(content))


def one(name: str, text_field: str, text: str, title: str | None = None) -> Row:
    """The row of a document that is a whole file; `title` is the file's name, if none is given."""
    if not text.strip():
        return Row(name, reason="holds no text")
    return Row(name, {"id": named(name), "title": title or PurePosixPath(name).stem, text_field: text})


def decoded(content: bytes) -> str:
    """UTF-8, or what a byte order mark says. Raises UnicodeDecodeError."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16")
    return content.decode("utf-8-sig")
