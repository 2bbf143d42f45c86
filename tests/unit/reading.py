"""Files as the formats read them, for tests."""

import io
from typing import Any

from corpus.document import Document, Entry, Unreadable
from corpus.formats import Reading
from corpus.separate_process import FileLimits
from corpus.source import read

TEXT = Reading("text")


def entries(
    content: bytes | str, name: str, skip: int = 0, reading: Reading = TEXT, limits: FileLimits | None = None
) -> list[Entry]:
    data = content.encode() if isinstance(content, str) else content
    return list(read(io.BytesIO(data), name, reading, skip, limits))


def documents(content: bytes | str, name: str, reading: Reading = TEXT) -> list[dict[str, Any]]:
    parsed = entries(content, name, reading=reading)
    assert all(isinstance(item, Document) for item in parsed), parsed
    return [{"id": passage.id, **passage.source} for passage in parsed if isinstance(passage, Document)]


def reasons(content: bytes | str, name: str, reading: Reading = TEXT) -> list[str]:
    entries_read = entries(content, name, reading=reading)
    return [f"{document.where}: {document.reason}" for document in entries_read if isinstance(document, Unreadable)]


def texts(content: bytes | str, name: str) -> list[str]:
    return [entry.source["text"] for entry in entries(content, name) if isinstance(entry, Document)]


def places(content: bytes | str, name: str) -> list[tuple[str, dict[str, Any]]]:
    """Each place of a document, with the text from there to the next place."""
    (document,) = (entry for entry in entries(content, name) if isinstance(entry, Document))
    text, places = document.source["text"], list(document.places)
    ends = [start for start, _ in places[1:]] + [len(text)]
    return [(text[start:end].strip(), dict(where)) for (start, where), end in zip(places, ends, strict=True)]
