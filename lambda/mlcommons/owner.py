"""The owner of an object: the mark in the one free text field of its kind.

The server chooses the ids, and names are not unique, so only the mark distinguishes an owner's object from those of
others.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from mlcommons.errors import InvalidSpec

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
# Descriptions in ml-commons 3.4 allow letters, digits, spaces and .,!?():@-_'/" only.
_MARK = re.compile(
    rf"\s?\(osml:(?P<stack>{_PART.pattern})/(?P<logical>{_PART.pattern})(?:/(?P<digest>[0-9a-f]{{12}}))?\)$"
)


@dataclass(frozen=True)
class Owner:
    """A stack and a logical id in it, e.g. `Owner("osml-dev-knowledge", "ChatConnector1A2B")`."""

    stack: str
    logical_id: str

    def __post_init__(self) -> None:
        for part in (self.stack, self.logical_id):
            if not _PART.fullmatch(part):
                raise InvalidSpec(
                    f"Reading the owner {self.stack!r}/{self.logical_id!r}",
                    f"{part!r} has characters other than letters, digits and hyphens",
                )

    def __str__(self) -> str:
        return f"{self.stack}/{self.logical_id}"


@dataclass(frozen=True)
class Mark:
    """A marked text: its owner, the text before the mark, the digest of the specification."""

    owner: Owner | None
    text: str
    digest: str | None = None


def marked(text: str, owner: Owner, digest: str | None = None) -> str:
    """Return `text` with the owner's mark at its end."""
    # No colon before the digest: the engine's tokenizer joins letters around a colon, and a search for the mark
    # without its digest would not find it.
    mark = f"(osml:{owner}/{digest})" if digest else f"(osml:{owner})"
    return f"{text} {mark}" if text else mark


def marked_again(shown: str | None, text: str, owner: Owner, digest: str | None = None) -> str:
    """Return `text` with the owner's mark at its end, or without a text, the text that the object shows.

    So an adopted object keeps its description.
    """
    return marked(text or read_mark(shown).text, owner, digest)


def read_mark(text: str | None) -> Mark:
    """Split a description; without a mark, the owner is None and the text is the whole description."""
    match = _MARK.search(text or "")
    if not match:
        return Mark(None, text or "")
    owner = Owner(match["stack"], match["logical"])
    return Mark(owner, (text or "")[: match.start()], match["digest"])


def digest_of(spec: Any) -> str:
    """Return 12 hex digits that change with any part of a JSON value."""
    canonical = json.dumps(spec, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]
