"""What a file holds: documents, and places where one was expected and could not be read."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calls.plain import mended, plain
from corpus.fields import kept

# An `_id` has at most 512 bytes (OpenSearch); parts add to it.
LONGEST_ID = 480


@dataclass(frozen=True, slots=True)
class Document:
    """One document, or a part of one: `source` are its fields.

    id: its name in the index.
    where: `file:line` or `file`, for messages.
    of: the id of the document that it is a part of; its own when it is a whole one.
    read: bytes of the file between the entry before and the end of this one.
    places: from which characters of the text on it stands where in the file; see formats/outline.py.
    """

    id: str
    source: Mapping[str, Any]
    where: str
    of: str
    read: int = 0
    places: Sequence[tuple[int, Mapping[str, Any]]] = ()


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


def document(
    fields: Mapping[str, Any],
    where: str,
    text_field: str,
    read: int = 0,
    of: str | None = None,
    places: Sequence[tuple[int, Mapping[str, Any]]] = (),
) -> Entry:
    """The document of these fields, which hold its text and perhaps an `id`; `of` when it is a part of another one.

    An `_id` is its id where there is no other, as in exports and in BEIR's sets. Without one it is the SHA-256 of the
    content, so that loading a file twice does not double it. What a file holds is data: no field of it says what the
    document is a part of, or acts on the engine.
    """
    found: dict[str, Any] = plain(fields)
    text = found.get(text_field)
    if not isinstance(text, str):
        return Unreadable(where, f"a JSON object with a string `{text_field}` is wanted", found, read)
    if not text.strip():
        return Unreadable(where, f"the text, `{text_field}`, is blank", found, read)
    given = found.pop("id", None)
    if given is None and isinstance(found.get("_id"), str | int):
        given = found.pop("_id")
    key = _digest(found) if given is None else str(given)
    wrong = id_fault(key)
    if wrong:
        return Unreadable(where, wrong, {"id": given, **found}, read)
    whole = key if of is None else mended(of)
    if whole != key and not re.fullmatch(re.escape(whole) + "#[0-9]+", key):
        return Unreadable(where, f"{key!r} is no part of a document {whole!r}", {"id": given, **found}, read)
    return Document(key, kept(found, text_field), where, whole, read, [(at, plain(one)) for at, one in places])


def _digest(source: Mapping[str, Any]) -> str:
    canonical = json.dumps(source, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def id_fault(id: str) -> str:
    """What keeps `id` from being that of a document, whichever way it comes in; empty when nothing does."""
    if id.strip() and len(id.encode(errors="surrogatepass")) <= LONGEST_ID:
        return ""
    return f"an id has 1 to {LONGEST_ID} bytes, and is not blank"


def named(name: str) -> str:
    """The id of the document that a whole file is: its name, or the name's SHA-256 where that cannot be an id."""
    name = unicodedata.normalize("NFC", name)
    fits = len(name.encode(errors="surrogatepass")) <= LONGEST_ID and "#" not in name
    return name if fits else hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
