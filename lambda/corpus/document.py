"""The entries of a file: documents, and places where a document was expected and could not be read."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from calls.plain import is_blank, mended, plain
from corpus.fields import kept

# An `_id` has at most 512 bytes (OpenSearch). The rest is for the number of a chunk.
LONGEST_ID = 480


@dataclass(frozen=True, slots=True)
class Document:
    """One document, or a chunk of one: `source` are its fields.

    id: its id in the index.
    where: `file:line` or `file`, for messages.
    of: the id of the chunk's document; equal to `id` for a whole document.
    read: bytes of the file from the end of the previous entry to the end of this one.
    places: the positions in the file, each valid from one character of the text on; see formats/outline.py.
    masked: how many personal data of the whole document were masked; among chunks, only the first has the number.
    """

    id: str
    source: Mapping[str, Any]
    where: str
    of: str
    read: int = 0
    places: Sequence[tuple[int, Mapping[str, Any]]] = ()
    masked: int = 0


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An entry that is no document: `reason` ends a sentence that begins with `where`.

    `source` is the entry itself, in JSON where possible.
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
    """Build the document from these fields: its text and perhaps an `id`; with `of`, it is a chunk of that document.

    Without an `id`, the id is `_id`, as in exports and in BEIR's sets. Without both, it is the SHA-256 of the content,
    so loading a file twice does not duplicate the document. Fields of a file are only data. No field determines to
    which document a chunk belongs, or has an effect on the engine. Returns Unreadable if the text or the id is invalid.
    """
    given_fields: dict[str, Any] = plain(fields)
    text = given_fields.get(text_field)
    if not isinstance(text, str):
        return Unreadable(where, f"the field `{text_field}` is missing, or is not a string", given_fields, read)
    if is_blank(text):
        return Unreadable(where, f"the text, `{text_field}`, is blank", given_fields, read)
    given = given_fields.pop("id", None)
    if given is None and isinstance(given_fields.get("_id"), str | int):
        given = given_fields.pop("_id")
    key = _digest(given_fields) if given is None else str(given)
    wrong = id_fault(key)
    if wrong:
        return Unreadable(where, wrong, {"id": given, **given_fields}, read)
    whole = key if of is None else mended(of)
    if whole != key and not re.fullmatch(re.escape(whole) + "#[0-9]+", key):
        return Unreadable(where, f"{key!r} is not a part of a document {whole!r}", {"id": given, **given_fields}, read)
    return Document(
        key, kept(given_fields, text_field), where, whole, read, [(at, plain(chunk)) for at, chunk in places]
    )


def _digest(source: Mapping[str, Any]) -> str:
    canonical = json.dumps(source, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def id_fault(id: str) -> str:
    """Why `id` cannot be the id of a document; empty if it can. The rule is the same for every way of loading."""
    if not is_blank(id) and len(id.encode(errors="surrogatepass")) <= LONGEST_ID:
        return ""
    return f"an id has 1 to {LONGEST_ID} bytes, and is not blank"


def named(name: str) -> str:
    """The id of a document that is a whole file: its name, or the name's SHA-256 if the name cannot be an id."""
    name = unicodedata.normalize("NFC", name)
    fits = len(name.encode(errors="surrogatepass")) <= LONGEST_ID and "#" not in name
    return name if fits else hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
