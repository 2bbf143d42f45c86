"""The formats: a module each, imported only when there is such a file."""

from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, NamedTuple, Protocol

# Bytes of a line, or of a file that is one document.
LARGEST = 16 * 1024 * 1024


class Row(NamedTuple):
    """One place in a file: the `fields` of a document, or the `reason` why there are none, and what was `found`.

    of: the document that this is a part of, when it is one.
    position: bytes of the file up to the end of this; None when that is where the file is read next.
    """

    where: str
    fields: Mapping[str, Any] | None = None
    reason: str = ""
    found: Any = None
    of: str | None = None
    position: int | None = None


class Format(Protocol):
    """What a module here offers."""

    def rows(self, file: BinaryIO, name: str, text_field: str) -> Iterator[Row]:
        """What is in the file, in order; `name` is for messages. Raises UnicodeDecodeError."""
        ...


def whole(file: BinaryIO) -> bytes | None:
    """All of the file; None when it has more than LARGEST bytes."""
    content = file.read(LARGEST + 1)
    return content if len(content) <= LARGEST else None


def too_large(name: str) -> Row:
    """A file that should be one document and has more than LARGEST bytes."""
    return Row(name, reason=f"has more than {LARGEST // 1024**2} MiB, too much for one document; cut it")
