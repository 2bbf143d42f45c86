"""The formats, one module each; a module is imported only for a file of its format."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple, Protocol

from corpus.recognition import Recognize

# The advice for a scan if no text recognition is available.
ADVICE = "put it through text recognition first"

# The limit of a line or of a file that is one document, in bytes, and of a document's text, in characters.
LARGEST = 16 * 1024 * 1024
_TOO_LARGE = f"has more than {LARGEST // 1024**2} MiB, which is too large for one document; split it"


@dataclass(frozen=True, slots=True)
class Reading:
    """How tables and objects become documents.

    text_field: the field of the index with the text.
    given: the field or column of the file with the text; by default it has the same name.
    columns: the columns that form the text together, each with its name; they replace `given`.
    recognize: recognises the text of pictures and scans. It is None if nothing does; then messages give `advice`.
    most_scans: the number of scanned pages of one file whose text is recognised.
    """

    text_field: str
    given: str | None = None
    columns: Sequence[str] = ()
    recognize: Recognize | None = None
    advice: str = ADVICE
    most_scans: int = 1000

    def text_of(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The fields, with the text under the index's name."""
        if self.columns:
            said = [f"{name}: {fields[name]}" for name in self.columns if fields.get(name) not in (None, "")]
            left = {name: value for name, value in fields.items() if name not in self.columns or name == "id"}
            return {**left, self.text_field: "\n".join(said)}
        if self.given is None or self.given == self.text_field:
            return dict(fields)
        left = {name: value for name, value in fields.items() if name not in (self.given, self.text_field)}
        return {**left, self.text_field: fields[self.given]} if self.given in fields else left


class Row(NamedTuple):
    """One entry of a file: the `fields` of a document, or the `reason` why there are none, with the `entry` itself.

    of: the id of its document, if this is a chunk.
    position: bytes of the file up to the end of this entry; None if that is the file's current position.
    places: the positions in the file, each valid from one character of the text on; see outline.py.
    """

    where: str
    fields: Mapping[str, Any] | None = None
    reason: str = ""
    entry: Any = None
    of: str | None = None
    position: int | None = None
    places: Sequence[tuple[int, Mapping[str, Any]]] = ()


class Format(Protocol):
    """The functions of each module in this folder."""

    def rows(self, file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
        """The entries of the file in order; `name` is for messages. Raises UnicodeDecodeError."""
        ...


class NotRead(Exception):
    """The content cannot be read; the reason ends a sentence that begins with the file's name."""


def whole(file: BinaryIO) -> bytes:
    """The content of a file that is one document; raises NotRead if it has more than LARGEST bytes."""
    content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise NotRead(_TOO_LARGE)
    return content


def too_large(name: str) -> Row:
    """The row for a document that has more than LARGEST bytes."""
    return Row(name, reason=_TOO_LARGE)
