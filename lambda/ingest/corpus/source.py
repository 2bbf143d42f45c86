"""Documents of one file, whatever its format."""

import gzip
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import import_module
from itertools import islice
from pathlib import PurePosixPath
from typing import BinaryIO, cast

from corpus.document import Entry, Unreadable, document
from corpus.formats import Format, Row

# By the end of a name: the module of `corpus.formats`, imported when there is such a file, for what parses it is large.
FORMATS = {
    ".ndjson": "lines",
    ".jsonl": "lines",
    ".json": "values",
    ".csv": "rows",
    ".tsv": "rows",
    ".parquet": "columns",
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "page",
    ".htm": "page",
    ".pdf": "pdf",
    ".txt": "plain",
}
COMPRESSED = ".gz"


def readable(name: str) -> bool:
    """Whether the end of the name is that of a format, or of one and `.gz`."""
    return _format(name) is not None


def read(stream: BinaryIO, name: str, text_field: str, skip: int = 0) -> Iterator[Entry]:
    """The entries of the file `name`, without the first `skip` ones: those that an earlier load has settled.

    `name` decides the format, and is the id of a document that is a whole file; a file whose end of the name says
    nothing is one Unreadable. Never more of a file in memory than one document takes. A `stream` that is not seekable
    is laid into a temporary file first.
    """
    chosen = _format(name)
    if chosen is None:
        yield Unreadable(name, f"is none of {', '.join(FORMATS)}")
        return
    with ExitStack() as stack:
        raw = stream if _seekable(stream) else stack.enter_context(_laid_down(stream))
        file = cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if name.lower().endswith(COMPRESSED) else raw
        try:
            module = cast(Format, import_module(f"corpus.formats.{chosen}"))
        except ModuleNotFoundError as error:
            yield Unreadable(name, f"cannot be read here, where {error.name} is not installed; use `osml ingest`")
            return
        before = 0
        for row in islice(_rows(module, file, name, text_field), skip, None):
            # Of a compressed file, progress is what has been read of the file itself.
            position = raw.tell() if row.position is None or file is not raw else row.position
            yield _entry(row, text_field, max(0, position - before))
            before = max(before, position)


def _rows(module: Format, file: BinaryIO, name: str, text_field: str) -> Iterator[Row]:
    try:
        yield from module.rows(file, name, text_field)
    except (EOFError, gzip.BadGzipFile) as error:
        yield Row(name, reason=f"ends before its end, or is no {COMPRESSED} ({error})")
    except UnicodeDecodeError as error:
        yield Row(name, reason=f"is not UTF-8 from byte {error.start} on ({error.reason}); save it as UTF-8")


def _entry(row: Row, text_field: str, read: int) -> Entry:
    if row.fields is None:
        return Unreadable(row.where, row.reason, row.found, read)
    return document(row.fields, row.where, text_field, read, row.of)


def _format(name: str) -> str | None:
    plain = name.lower().removesuffix(COMPRESSED)
    return FORMATS.get(PurePosixPath(plain).suffix)


def _seekable(stream: BinaryIO) -> bool:
    seekable = getattr(stream, "seekable", None)
    return bool(seekable and seekable())


def _laid_down(stream: BinaryIO) -> BinaryIO:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    shutil.copyfileobj(stream, file)
    file.seek(0)
    return cast(BinaryIO, file)
