"""Plain text: a file is one document."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from corpus.document import named
from corpus.formats import LARGEST, Reading, Row, too_large, whole
from corpus.formats.encoding import decoded
from corpus.formats.outline import Outline
from corpus.formats.terminal import readable


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row."""
    yield document_row(name, reading, readable(decoded(whole(file))))


def document_row(name: str, reading: Reading, text: "str | Outline", title: str | None = None) -> Row:
    """The row of a document that is a whole file; the default title is the outline's, or the file's name."""
    outline = text if isinstance(text, Outline) else None
    said = text.text if isinstance(text, Outline) else text
    if not said.strip():
        return Row(name, reason="holds no text")
    if len(said) > LARGEST:
        return too_large(name)
    shown = (title or "").strip() or (outline and outline.title) or PurePosixPath(name).stem
    fields = {"id": named(name), "title": shown, reading.text_field: said}
    return Row(name, fields, places=tuple(outline.places) if outline else ())
