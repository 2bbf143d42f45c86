"""Repeats the text of joined table cells in each of their rows."""

from collections.abc import Mapping, Sequence

from corpus.formats.outline import BETWEEN_CELLS
from corpus.formats.whole_number import whole_number

# The limits of browsers. https://html.spec.whatwg.org/multipage/tables.html#attributes-common-to-td-and-th-elements
MOST_COLUMNS, MOST_ROWS = 1000, 65_534
# A longer text is only in the first of its rows, so that a file cannot grow many times in length.
LONGEST = 1000


class JoinedCells:
    """The cells of one table of Word, in the order of reading."""

    def __init__(self) -> None:
        self._column, self._width = 0, 1
        self._above: dict[int, str] = {}
        self._goes_on = False

    def row(self) -> None:
        """Begin a row."""
        self._column = 0
        self._width, self._goes_on = 1, False

    def says(self, name: str, value: str | None) -> None:
        """Note a property of the current cell: it continues the cell above (`vMerge`), or spans several columns."""
        if name == "vMerge":
            self._goes_on = value != "restart"
        else:
            self._width = whole_number(value, 1)

    def cell(self, text: str) -> str:
        """End the cell, and return its text."""
        if self._goes_on and not text.strip():
            text = self._above.get(self._column, "")
        self._above[self._column] = text if len(text) <= LONGEST else ""
        self._column += self._width
        self._width, self._goes_on = 1, False
        return text


class Spans:
    """The cells of one table of a page that are joined with those below them, in the order of reading."""

    def __init__(self) -> None:
        self._column, self._width, self._height, self._start = 0, 1, 1, 0
        self._below: dict[int, tuple[int, int, str]] = {}

    def before(self) -> list[str]:
        """The texts of cells from above that come before the next cell of the row, with separators."""
        said = []
        while (joined := self._below.get(self._column)) and joined[0] > 0:
            rows, width, text = joined
            said += [text, BETWEEN_CELLS]
            self._below[self._column] = (rows - 1, width, text)
            self._column += width
        return said[:-1]

    def open(self, attributes: Mapping[str, str | None], start: int) -> None:
        """Begin a cell; its text begins at index `start` of the row's pieces."""
        self._start = start
        self._width = _span(attributes.get("colspan"), MOST_COLUMNS)
        self._height = _span(attributes.get("rowspan"), MOST_ROWS)

    def close(self, said: Sequence[str]) -> None:
        """End the cell; `said` are the pieces of the row."""
        text = " ".join("".join(said[self._start :]).split())
        if self._height > 1 and len(text) <= LONGEST:
            self._below[self._column] = (self._height - 1, self._width, text)
        self._column += self._width

    def row(self) -> list[str]:
        """End the row, and return the cells from above at its end."""
        rest = self.before()
        began, self._column = self._column, 0
        return [BETWEEN_CELLS, *rest] if rest and began else rest


class CoveredCells(JoinedCells):
    """The cells of one table of OpenDocument, which has an empty cell wherever a joined one covers its place."""

    def __init__(self) -> None:
        super().__init__()
        self._rows_below: dict[int, int] = {}

    def open(self, name: str, attributes: Mapping[str, str]) -> None:
        """Begin a cell; `name` is its element."""
        named = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        self.says("gridSpan", named.get("number-columns-repeated"))
        height = _span(named.get("number-rows-spanned"), MOST_ROWS)
        if name == "covered-table-cell" and self._rows_below.get(self._column, 0) > 0:
            self._rows_below[self._column] -= 1
            self.says("vMerge", None)
        else:
            self._rows_below[self._column] = height - 1


def _span(text: str | None, most: int) -> int:
    return max(1, min(whole_number(text, 1), most))
