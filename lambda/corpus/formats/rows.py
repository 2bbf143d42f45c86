"""CSV and TSV: one document per row if a column has the text, otherwise one document of all rows."""

import csv
import io
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import IO, Any, BinaryIO, NamedTuple, cast

from calls.count_of import count_of
from calls.plain import is_blank
from corpus.formats import LARGEST, Reading, Row, too_large
from corpus.formats.encoding import utf8
from corpus.formats.outline import Outline
from corpus.formats.plain import document_row
from corpus.formats.preamble import MOST_LINES, lines_before
from corpus.formats.table import documents_in, fields_of, lacking, names_of, say

DELIMITERS = (",", "\t", ";", "|")
# The separator for a table with one column. No row contains it, so a comma stays part of the text.
_NONE = "\x1f"
_SEPARATOR = re.compile(r'"?sep=(.)"?[\r\n]*$', re.IGNORECASE)
# Dialects of some programs, tried for rows that are inconsistent otherwise.
_HABITS: Sequence[Mapping[str, Any]] = (
    {"skipinitialspace": True},
    {"skipinitialspace": True, "escapechar": "\\"},
    {"quotechar": "'"},
)
# Such a row has at most this many lines.
_MOST_LINES = 100
# The characters that are examined to find lines before the first row.
_MOST_BEFORE = 1 << 16
# If at least this many lines within a quoted cell all look like rows, they are rows: the quote was never closed.
SWALLOWED = 3
_OPEN = "a quote that begins in this row is not closed"
_MISPLACED = "its quotes do not fit together"


class _Record(NamedTuple):
    """The cells that begin in line `number`, or the `reason` why `line` has none."""

    number: int
    cells: list[str]
    line: str = ""
    reason: str = ""


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """A row for each line; empty cells give no fields. The first row or `sep=` determines the separator."""
    csv.field_size_limit(LARGEST)
    raw = utf8(file, any_encoding=True)
    text = io.TextIOWrapper(cast(IO[bytes], raw), encoding="utf-8", newline="")
    try:
        lines = _Lines(text)
        said = _before(lines, reading)
        between = _between(lines)
        header = next(_records(lines, between, 0), None)
        if header is None or not any(header.cells):
            yield Row(f"{name}:1", reason=header.reason if header and header.reason else "holds no text")
            return
        names = names_of(header.cells)
        wrong = lacking(names, reading)
        if wrong:
            yield Row(f"{name}:1", reason=wrong)
            return
        records = _records(lines, between, len(names))
        gives = _each if documents_in(names, reading) else _together
        yield from gives(records, name, names, reading, said)
    finally:
        text.detach()


def _before(lines: "_Lines", reading: Reading) -> Outline:
    """Read the lines before the first row."""
    first: list[str] = []
    while len(first) < MOST_LINES and sum(map(len, first)) < _MOST_BEFORE and (line := lines.next()):
        first.append(line)
    lines.back(first)
    outline = Outline()
    for said in lines_before(first, DELIMITERS, reading):
        lines.next()
        outline.block(said, "\n")
    outline.part()
    return outline


def _each(
    records: Iterable[_Record], name: str, names: Sequence[str], reading: Reading, before: Outline
) -> Iterator[Row]:
    """A row for each record, and one for the text before them."""
    for record in records:
        where = f"{name}:{record.number}"
        if record.reason:
            yield Row(where, reason=record.reason, entry=record.line or record.cells)
        elif not _is_empty(record, names):
            yield Row(where, reading.text_of(fields_of(names, record.cells)))
    if len(before):
        yield document_row(name, reading, before)


def _together(
    records: Iterable[_Record], name: str, names: Sequence[str], reading: Reading, outline: Outline
) -> Iterator[Row]:
    """One row for the text before the records and for all of them."""
    for record in records:
        if record.reason:
            yield Row(f"{name}:{record.number}", reason=record.reason, entry=record.line or record.cells)
            continue
        if not _is_empty(record, names):
            say(outline, names, record.cells)
        if len(outline) > LARGEST:
            yield too_large(name)
            return
    yield document_row(name, reading, outline)


def _is_empty(record: _Record, names: Sequence[str]) -> bool:
    """Whether the row has no values, or is the first row again, as in tables that were joined."""
    cells = record.cells
    is_header = bool(cells) and cells[0].strip() == names[0] and [cell.strip() for cell in cells] == [*names]
    return is_header or all(map(is_blank, cells))


class _Lines:
    """The lines of a text; lines can be put back."""

    def __init__(self, text: IO[str]) -> None:
        self._text, self._again = text, deque[str]()
        self.number = 0

    def next(self) -> str:
        """The next line with its end; an empty text if there is none."""
        line = self._again.popleft() if self._again else self._line()
        self.number += bool(line)
        return line

    def _line(self) -> str:
        """Read a line, without a byte order mark, which each of several joined files has."""
        return self._text.readline(LARGEST + 1).replace("\0", "").removeprefix("\ufeff")

    def back(self, lines: Sequence[str]) -> None:
        """Put these lines back, as the next ones."""
        self._again.extendleft(reversed(lines))
        self.number -= len(lines)


def _between(lines: _Lines) -> str:
    """The separator that makes the most cells of the first row."""
    line = lines.next()
    while line and not line.strip():
        line = lines.next()
    if said := _SEPARATOR.match(line):
        return said[1]
    lines.back([line] if line else [])
    cells = {delimiter: len(_cells([line], delimiter)) for delimiter in DELIMITERS}
    between = max(cells, key=lambda delimiter: cells[delimiter])
    # If a column name contains a line end, this line is only a part of the first row.
    return between if cells[between] > 1 or _ends_quoted(line, between, quoted=False) else _NONE


def _records(lines: _Lines, between: str, width: int) -> Iterator[_Record]:
    """Rows of at most `width` cells (0: any number). After a row with wrong quotes, the next line begins a row."""
    while line := lines.next():
        number, taken, size = lines.number, [line], len(line)
        opened = quoted = _ends_quoted(line, between, quoted=False)
        while quoted and size <= LARGEST and (line := lines.next()):
            taken.append(line)
            size += len(line)
            quoted = _ends_quoted(line, between, quoted=True)
        fits = quoted is False and not (width and _swallows(taken, between, width))
        cells = _cells(taken, between) if fits else []
        if width and not any(cells[width:]):
            # Some programs write a separator after the last cell of each row except the first one.
            del cells[width:]
        is_whole = fits and not 0 < width < len(cells)
        if is_whole and f'{between} "' not in taken[0]:
            yield _Record(number, cells)
            continue
        other = _by_habit(taken, between, width)
        if other:
            lines.back(taken[other[1] :])
            yield _Record(number, other[0])
            continue
        if is_whole:
            yield _Record(number, cells)
            continue
        if fits:
            yield _Record(number, cells, reason=f"has {count_of(len(cells), 'cell')}, the first row {width}")
            continue
        lines.back(taken[1:])
        cells = _cells(taken[:1], between)
        if opened or len(cells) != width:
            yield _Record(number, [], taken[0].rstrip("\r\n"), _OPEN if opened else _MISPLACED)
        else:
            # A quote within a quoted cell does not make the cells ambiguous here.
            yield _Record(number, cells)


def _by_habit(taken: Sequence[str], between: str, width: int) -> tuple[list[str], int] | None:
    """The cells by the first dialect that gives `width` cells, and their number of lines; None if none does."""
    for habit in _HABITS:
        if not any(mark in taken[0] for mark in ('\\"', f'{between} "', "'")):
            return None
        read = csv.reader(taken[:_MOST_LINES], delimiter=between, strict=True, **habit)
        try:
            cells = next(read, [])
        except csv.Error:
            continue
        is_clear = "escapechar" in habit or not any('"' in cell for cell in cells)
        if cells and is_clear and (len(cells) == width or (not width and len(cells) > 1)):
            return cells, read.line_num
    return None


def _ends_quoted(line: str, between: str, quoted: bool) -> bool | None:
    """Whether a quote is open at the end of the line; None if a quote is at an impossible place."""
    at = 0
    while True:
        if not quoted:
            if line.startswith('"', at):
                quoted, at = True, at + 1
                continue
            at = line.find(between, at) + 1
            if not at:
                return False
            continue
        end = line.find('"', at)
        if end < 0:
            return True
        behind = line[end + 1 : end + 2]
        if behind == '"':
            at = end + 2
        elif behind == between:
            quoted, at = False, end + 2
        else:
            return False if behind in ("", "\r", "\n") else None


def _swallows(taken: Sequence[str], between: str, width: int) -> bool:
    """Whether at least SWALLOWED lines within a quoted cell are all rows themselves."""
    within = taken[1:-1]
    return len(within) >= SWALLOWED and width > 1 and all(len(_cells([line], between)) == width for line in within)


def _cells(lines: Sequence[str], between: str) -> list[str]:
    return next(csv.reader(lines, delimiter=between), [])
