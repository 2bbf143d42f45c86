"""Reads the documents of one file, whatever its format."""

import gzip
import io
import shutil
import tempfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from importlib import import_module
from typing import BinaryIO, cast

from corpus.content import HEAD, format_of, is_signed
from corpus.document import Entry, Unreadable, document
from corpus.endings import COMPRESSED, FORMATS, ending, unreadable, unreadable_within
from corpus.formats import Format, NotRead, Reading, Row
from corpus.formats.encoding import is_known
from corpus.separate_process import FileLimits, apart

# These formats need time and memory in proportion to the file, and no foreign parser. All others are read in a separate
# process.
HERE = frozenset(("lines", "rows", "plain"))


def read(
    stream: BinaryIO, name: str, reading: Reading, skip: int = 0, limits: FileLimits | None = None
) -> Generator[Entry]:
    """The entries of the file `name`, except the first `skip` ones, which an earlier load has settled.

    `name` is the id of a document that is a whole file; it determines the format unless the content is clearly of
    another one. A file of an unknown format gives one Unreadable, and so does a file that exceeds the `limits`. At most
    one document of a file is in memory. A `stream` that is not seekable is copied into a temporary file first. Raises
    Unrecognized.
    """
    with ExitStack() as stack:
        before = 0
        raw = stream if _seekable(stream) else stack.enter_context(_laid_down(stream))
        if _is_simple(raw, name):
            positions = positioned(raw, name, reading)
        else:
            raw = raw if _has_descriptor(raw) else stack.enter_context(_laid_down(raw))
            positions = apart(raw, name, reading, limits or FileLimits())
        for number, (row, position) in enumerate(positions):
            if number >= skip:
                yield _entry(row, reading.text_field, max(0, position - before))
            before = max(before, position)


def positioned(raw: BinaryIO, name: str, reading: Reading) -> Iterator[tuple[Row, int]]:
    """The rows of a file, read in this process, each with the position up to which the file is read."""
    file = _unpacked(raw, name)
    for row in _rows(file, name, reading):
        # The progress of a compressed file is the position in the compressed file.
        yield row, raw.tell() if row.position is None or file is not raw else row.position


def rows(content: bytes, name: str, reading: Reading) -> Iterator[Row]:
    """The rows of a file within another one, read in this process."""
    for row, _ in positioned(io.BytesIO(content), name, reading):
        yield row._replace(reason=unreadable_within(name)) if row.reason == unreadable(name) else row


def _rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    try:
        chosen = format_of(file, name)
        if chosen is None:
            yield Row(name, reason=unreadable(name))
            return
        module = cast(Format, import_module(f"corpus.formats.{chosen}"))
        is_empty = True
        for row in module.rows(file, name, reading):
            is_empty = False
            yield row
        if is_empty:
            yield Row(name, reason="holds no document")
    except NotRead as error:
        yield Row(name, reason=str(error))
    except ModuleNotFoundError as error:
        yield Row(name, reason=f"cannot be read here, because {error.name} is not installed; use `osml ingest`")
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


def _is_simple(raw: BinaryIO, name: str) -> bool:
    """Whether the name shows a format of `HERE`, the content agrees, and the encoding is known."""
    if FORMATS.get(ending(name)) not in HERE:
        return False
    start = raw.tell()
    try:
        file = _unpacked(raw, name)
        return not is_signed(file.read(HEAD)) and is_known(_unpacked(raw, name, start))
    except (OSError, EOFError, zlib.error):
        # It is not a valid `.gz`, which is reported when it is read.
        return True
    finally:
        raw.seek(start)


def _unpacked(raw: BinaryIO, name: str, start: int | None = None) -> BinaryIO:
    if start is not None:
        raw.seek(start)
    return cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if name.lower().endswith(COMPRESSED) else raw


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
