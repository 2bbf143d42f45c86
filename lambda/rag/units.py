"""The units that can be evidence: sentences, rows of tables and items of lists, with the words that explain them.

The readers of file formats write tables and lists as lines: `3 to 5 | 28` below a row of column names,
`Years: 3 to 5; Days: 28`, or lines below a line that ends with a colon.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from corpus.formats.outline import BETWEEN_CELLS
from corpus.sentences import sentences

_BLANK_LINES = re.compile(r"\n[ \t]*\n\s*")
# One of the cells of a row that names its columns: `Days of leave: 28`.
_NAMED_CELL = re.compile(r"[^:;]{1,200}: ")
_NEXT_CELL = "; "


class Unit(NamedTuple):
    """The range `[start, end)`, and its own text `said`.

    `around` is the text that explains it, such as the names of the columns; it is empty for most sentences. `is_row` is
    True for a table row, of which an answer may repeat only one cell.
    """

    start: int
    end: int
    said: str
    around: str = ""
    is_row: bool = False


def units(text: str) -> list[Unit]:
    """The units of a text in order; they do not overlap."""
    return [unit for start, end, lead in _blocks(text) for unit in _of_block(text, start, end, lead)]


def _blocks(text: str) -> Iterator[tuple[int, int, str]]:
    """The ranges between blank lines, each with the line before it if that line ends with a colon."""
    start, lead = 0, ""
    for gap in [*_BLANK_LINES.finditer(text), None]:
        end = gap.start() if gap else len(text)
        yield start, end, lead
        last = text[start:end].rstrip().rpartition("\n")[2]
        lead = last if last.endswith((":", "：")) else ""
        start = gap.end() if gap else end


def _of_block(text: str, start: int, end: int, lead: str) -> Iterator[Unit]:
    header = ""
    for line_start, line_end in _lines(text, start, end):
        line = text[line_start:line_end]
        names = _names(line)
        if BETWEEN_CELLS in line:
            yield Unit(line_start, line_end, line, header, is_row=True)
            header = header or line
        elif names:
            yield Unit(line_start, line_end, _values(line), names, is_row=True)
        else:
            for first, last in sentences(line):
                yield Unit(line_start + first, line_start + last, line[first:last], lead)
            lead = line if line.endswith((":", "：")) else lead


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The ranges of the lines without white space around them; none is empty."""
    for line in re.finditer(r"[^\n\r\u2028\u2029]+", text[start:end]):
        stripped = line[0].strip()
        if stripped:
            first = start + line.start() + line[0].index(stripped)
            yield first, first + len(stripped)


def _names(line: str) -> str:
    """The names of the columns in a row that names them; empty for other lines."""
    cells = line.split(_NEXT_CELL)
    if len(cells) < 2 or not all(_NAMED_CELL.match(cell) for cell in cells):
        return ""
    return " ".join(cell.partition(": ")[0] for cell in cells)


def _values(line: str) -> str:
    return " ".join(cell.partition(": ")[2] for cell in line.split(_NEXT_CELL))
