"""What a file holds: documents, and places where one was expected and could not be read."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# An `_id` has at most 512 bytes (OpenSearch); parts add to it.
LONGEST_ID = 480


@dataclass(frozen=True, slots=True)
class Document:
    """One document, or a part of one: `source` are its fields.

    id: its name in the index.
    where: `file:line` or `file`, for messages.
    of: the id of the document that it is a part of; its own when it is a whole one.
    read: bytes of the file between the entry before and the end of this one.
    """

    id: str
    source: Mapping[str, Any]
    where: str
    of: str
    read: int = 0


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What is no document, and why: `reason` ends a sentence that begins with `where`.

    `source` is what was found, as far as that can be said in JSON.
    """

    where: str
    reason: str
    source: Any = None
    read: int = 0


Entry = Document | Unreadable


def document(fields: Mapping[str, Any], where: str, text_field: str, read: int = 0, of: str | None = None) -> Entry:
    """The document of these fields, which hold its text and perhaps an `id`; `of` when it is a part of another one.

    Without an id it is the SHA-256 of the content, so that loading a file twice does not double it.
    """
    source = dict(fields)
    if not isinstance(source.get(text_field), str):
        return Unreadable(where, f"a JSON object with a string `{text_field}` is wanted", source, read)
    given = source.pop("id", None)
    key = _digest(source) if given is None else str(given)
    if not 0 < len(key.encode(errors="surrogatepass")) <= LONGEST_ID:
        return Unreadable(where, f"an id has 1 to {LONGEST_ID} bytes", fields, read)
    return Document(key, source, where, of or key, read)


def _digest(source: Mapping[str, Any]) -> str:
    canonical = json.dumps(source, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def named(name: str) -> str:
    """The id of the document that a whole file is: its name, or the name's SHA-256 where that cannot be an id."""
    fits = len(name.encode(errors="surrogatepass")) <= LONGEST_ID and "#" not in name
    return name if fits else hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
