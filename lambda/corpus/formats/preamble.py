"""The lines before the first row of a table: titles, comments and empty lines, which some programs write."""

import csv
import re
from collections.abc import Sequence

from corpus.formats import Reading
from corpus.formats.table import documents_in

# The first row is within this many lines.
MOST_LINES = 50
_COMMENT = "#"
_SEPARATOR = re.compile('"?sep=', re.IGNORECASE)
# A title may be followed by the separators of empty cells. A narrow table may also lack the names of its columns.
_WIDE = 3


def lines_before(lines: Sequence[str], delimiters: Sequence[str], reading: Reading) -> list[str]:
    """The texts of the lines before the first row; empty if the table begins with it, or if that is not certain."""
    first = next((line for line in lines if line.strip()), "")
    is_row = any(len([*filter(None, _cells(first, delimiter))]) > 1 for delimiter in delimiters)
    if (is_row and not first.startswith(_COMMENT)) or _SEPARATOR.match(first):
        return []
    return next((said for delimiter in delimiters if (said := _before(lines, delimiter, reading))), [])


def _before(lines: Sequence[str], delimiter: str, reading: Reading) -> list[str]:
    """The first row is the one that names the column of the text; without such a column, a sign is needed."""
    said: list[str] = []
    comment: list[str] = []
    has_sign = False
    for at, line in enumerate(lines):
        cells = _cells(line, delimiter)
        words = [cell for cell in cells if cell]
        is_comment = line.startswith(_COMMENT)
        if documents_in(cells, reading) and (len(words) > 1 or at == 0):
            return said
        if line.count('"') % 2:
            # The line may be a part of the first row, if a name contains a line end.
            return []
        if len(words) > 1 and not is_comment:
            is_complete = len({*words}) == len(cells) == len(_cells("".join(lines[at + 1 : at + 2]), delimiter))
            is_named = is_complete and len(cells) != len(comment) and not any(word[0].isdigit() for word in words)
            return said if is_named and has_sign else []
        comment = cells if is_comment else comment
        has_sign = has_sign or is_comment or not words or (len(cells) >= _WIDE and cells[0] != "")
        said.append(line.strip() if is_comment else "".join(words))
    return []


def _cells(line: str, delimiter: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter), [])]
