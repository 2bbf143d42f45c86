"""Documents of one file, whatever its format."""

import gzip
import io
import shutil
import tempfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from importlib import import_module
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from corpus.apart import FileLimits, apart
from corpus.document import Entry, Unreadable, document
from corpus.formats import Format, Reading, Row

# Pictures, which need text recognition.
PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif")
# The module of `corpus.formats` for the end of a name; imported only for such a file, because parsers are large.
FORMATS = {
    ".ndjson": "lines",
    ".jsonl": "lines",
    ".json": "values",
    ".csv": "rows",
    ".tsv": "rows",
    ".parquet": "columns",
    ".xlsx": "sheets",
    ".xlsm": "sheets",
    ".xlsb": "sheets",
    ".xls": "sheets",
    ".ods": "sheets",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "page",
    ".htm": "page",
    ".xhtml": "page",
    ".pdf": "pdf",
    ".docx": "word",
    ".docm": "word",
    ".pptx": "slides",
    ".pptm": "slides",
    ".ppsx": "slides",
    ".odt": "opendocument",
    ".odp": "opendocument",
    ".rtf": "rich_text",
    ".epub": "book",
    ".eml": "mail",
    ".mht": "mail",
    ".mhtml": "mail",
    ".txt": "plain",
    ".text": "plain",
    **dict.fromkeys(PICTURES, "picture"),
}
COMPRESSED = ".gz"
# Reading these needs time and memory in proportion and no foreign parser; all others are read in a separate process.
HERE = frozenset(("lines", "rows", "plain"))


def readable(name: str, *, pictures: bool = False) -> bool:
    """Whether the name ends like a format, perhaps with `.gz`; `pictures` are one only if their text is recognised."""
    return _format(name) is not None and (pictures or ending(name) not in PICTURES)


def ending(name: str) -> str:
    """The end of a name that determines the format, in lower case; empty if there is none."""
    return PurePosixPath(name.lower().removesuffix(COMPRESSED)).suffix


def read(
    stream: BinaryIO, name: str, reading: Reading, skip: int = 0, limits: FileLimits | None = None
) -> Generator[Entry]:
    """The entries of the file `name`, without the first `skip` ones, which an earlier load has settled.

    `name` determines the format, and is the id of a document that is a whole file. A file with an unknown end of the
    name is one Unreadable, and so is a file beyond the `limits`. At most one document of a file is in memory. A
    `stream` that is not seekable is copied into a temporary file first. Raises Unrecognized.
    """
    chosen = _format(name)
    if chosen is None:
        yield Unreadable(name, f"is none of {', '.join(FORMATS)}")
        return
    with ExitStack() as stack:
        before = 0
        if chosen in HERE:
            raw = stream if _seekable(stream) else stack.enter_context(_laid_down(stream))
            positions = positioned(raw, name, reading)
        else:
            raw = stream if _has_descriptor(stream) else stack.enter_context(_laid_down(stream))
            positions = apart(raw, name, reading, limits or FileLimits())
        for number, (row, position) in enumerate(positions):
            if number >= skip:
                yield _entry(row, reading.text_field, max(0, position - before))
            before = max(before, position)


def positioned(raw: BinaryIO, name: str, reading: Reading) -> Iterator[tuple[Row, int]]:
    """The rows of a file, read in this process, each with the position up to which the file is read."""
    file = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if name.lower().endswith(COMPRESSED) else raw
    for row in _rows(file, name, reading):
        # The progress of a compressed file is the position in the compressed file.
        yield row, raw.tell() if row.position is None or file is not raw else row.position


def rows(content: bytes, name: str, reading: Reading) -> Iterator[Row]:
    """The rows of a file within another one, read in this process."""
    if _format(name) is None:
        return iter([Row(name, reason="is attached, but its format cannot be read")])
    return (row for row, _ in positioned(io.BytesIO(content), name, reading))


def _rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    chosen = _format(name)
    try:
        module = cast(Format, import_module(f"corpus.formats.{chosen}"))
    except ModuleNotFoundError as error:
        yield Row(name, reason=f"cannot be read here, because {error.name} is not installed; use `osml ingest`")
        return
    try:
        is_empty = True
        for row in module.rows(file, name, reading):
            is_empty = False
            yield row
        if is_empty:
            yield Row(name, reason="holds no document")
    except MemoryError:
        yield Row(name, reason="needs more memory than the limit")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        yield Row(name, reason=f"is truncated, or is not {COMPRESSED} ({error})")
    except UnicodeDecodeError as error:
        said = f"{error.encoding.upper()} from byte {error.start} on ({error.reason})"
        yield Row(name, reason=f"is not {said}; save it as UTF-8")
    except OSError:
        raise
    except RecursionError:
        yield Row(name, reason="is nested too deep to be read")
    except Exception as error:  # noqa: BLE001 - whatever a parser stumbles over is the file's
        yield Row(name, reason=f"cannot be read ({type(error).__name__}: {str(error)[:200]})")


def _entry(row: Row, text_field: str, read: int) -> Entry:
    if row.fields is None:
        return Unreadable(row.where, row.reason, row.entry, read)
    return document(row.fields, row.where, text_field, read, row.of, row.places)


def _format(name: str) -> str | None:
    return FORMATS.get(ending(name))


def _seekable(stream: BinaryIO) -> bool:
    seekable = getattr(stream, "seekable", None)
    return bool(seekable and seekable())


def _has_descriptor(stream: BinaryIO) -> bool:
    try:
        return _seekable(stream) and stream.fileno() >= 0
    except (AttributeError, OSError):
        return False


def _laid_down(stream: BinaryIO) -> BinaryIO:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    shutil.copyfileobj(stream, file)
    file.seek(0)
    return cast(BinaryIO, file)
