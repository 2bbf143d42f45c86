"""The formats: a module each, imported only when there is such a file."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple, Protocol

# Bytes of a line, or of a file that is one document; characters of the text of one.
LARGEST = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reading:
    """How tables and objects become documents.

    text_field: the field of the index that holds the text.
    given: the field or column of the file that holds it, by default the same.
    columns: those that the text is made of, each with its name, in the place of one that holds it.
    """

    text_field: str
    given: str | None = None
    columns: Sequence[str] = ()

    def text_of(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields with the text where the index has it."""
        if self.columns:
            said = [f"{name}: {fields[name]}" for name in self.columns if fields.get(name) not in (None, "")]
            left = {name: value for name, value in fields.items() if name not in self.columns or name == "id"}
            return {**left, self.text_field: "\n".join(said)}
        if self.given is None or self.given == self.text_field:
            return dict(fields)
        left = {name: value for name, value in fields.items() if name not in (self.given, self.text_field)}
        return {**left, self.text_field: fields[self.given]} if self.given in fields else left


class Row(NamedTuple):
    """One place in a file: the `fields` of a document, or the `reason` why there are none, and what was `found`.

    of: the document that this is a part of, when it is one.
    position: bytes of the file up to the end of this; None when that is where the file is read next.
    places: from which characters of the text on it stands where in the file; see outline.py.
    """

    where: str
    fields: Mapping[str, Any] | None = None
    reason: str = ""
    found: Any = None
    of: str | None = None
    position: int | None = None
    places: Sequence[tuple[int, Mapping[str, Any]]] = ()


class Format(Protocol):
    """What a module here offers."""

    def rows(self, file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
        """What is in the file, in order; `name` is for messages. Raises UnicodeDecodeError."""
        ...


def whole(file: BinaryIO) -> bytes | None:
    """All of the file; None when it has more than LARGEST bytes."""
    content = file.read(LARGEST + 1)
    return content if len(content) <= LARGEST else None


def too_large(name: str) -> Row:
    """A file that should be one document and has more than LARGEST bytes."""
    return Row(name, reason=f"has more than {LARGEST // 1024**2} MiB, too much for one document; cut it")
