"""Workbooks (xlsx, xlsm, xlsb, xls, ods), read by Calamine: each sheet is a table."""

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, NamedTuple

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from corpus.formats import LARGEST, Reading, Row, too_large
from corpus.formats.digits import general
from corpus.formats.flat import as_archive
from corpus.formats.formulas import unanswered
from corpus.formats.outline import Outline
from corpus.formats.package import BadArchive, Package, refused
from corpus.formats.plain import document_row
from corpus.formats.preamble import MOST_LINES
from corpus.formats.sheet_notes import beside
from corpus.formats.sheet_texts import Texts, texts
from corpus.formats.table import documents_in, fields_of, names_of, say

_ARCHIVE = b"PK"


class _Line(NamedTuple):
    """A row of a sheet: the values of its cells, and their texts as people see them."""

    number: int
    values: list[Any]
    texts: list[str]


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row for each row of sheets in which a column has the text, and one row for all other sheets."""
    outline = Outline()
    has_text = False
    try:
        notes: Mapping[str, list[str]] = {}
        seen: Mapping[str, Texts] = {}
        file = as_archive(file)
        if file.read(len(_ARCHIVE)) == _ARCHIVE:
            package = Package(file)
            notes, seen = beside(package), texts(package)
            yield from package.refusals(name)
            yield from unanswered(package, name)
        file.seek(0)
        workbook = CalamineWorkbook.from_filelike(file)
        for sheet in workbook.sheet_names:
            try:
                table = _table(workbook.get_sheet_by_name(sheet), seen.get(sheet, {}))
            except CalamineError as error:
                yield Row(f"{name}, sheet {sheet}", reason=f"cannot be read ({error})")
                continue
            outline.at(sheet=sheet)
            for note in notes.get(sheet, []):
                outline.block(note)
            before = _length_before(table, reading)
            for line in table[:before]:
                outline.block(" ".join(filter(None, line.texts)), "\n")
            table = table[before:]
            names = _header(table)
            if names and documents_in(names, reading):
                has_text = True
                for line in table[1:]:
                    fields = {**fields_of(names, line.values), **_text(names, line, reading), "sheet": sheet}
                    yield Row(f"{name}, sheet {sheet}:{line.number}", reading.text_of(fields))
                continue
            for line in table[1:] if names else _without_empty_columns(table):
                say(outline, names, line.texts)
                if len(outline) > LARGEST:
                    yield too_large(name)
                    return
    except PasswordError:
        yield Row(name, reason="is encrypted; save it without a password")
        return
    except (CalamineError, BadArchive, OSError) as error:
        yield refused(name, error) if isinstance(error, BadArchive) else Row(name, reason=f"is damaged ({error})")
        return
    if reading.given and not has_text:
        yield Row(name, reason=f"has no sheet whose first row names a column `{reading.given}`")
    elif len(outline) or not has_text:
        yield document_row(name, reading, outline)


def _table(sheet: CalamineSheet, seen: Texts) -> list[_Line]:
    """The rows that are not empty; a merged cell has its value in each of its rows."""
    cells: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    said_of = [
        [seen.get((number, column), _said(cell)) for column, cell in enumerate(row)] for number, row in enumerate(cells)
    ]
    for (top, column), (bottom, _) in sheet.merged_cell_ranges or ():
        for number in range(top + 1, min(bottom + 1, len(cells))):
            row = cells[number]
            if column < len(row) and row[column] == "":
                row[column], said_of[number][column] = cells[top][column], said_of[top][column]
    lines = (
        _Line(number, [_plain(cell) for cell in row], said)
        for number, (row, said) in enumerate(zip(cells, said_of, strict=True), 1)
    )
    return [line for line in lines if any(line.texts)]


def _without_empty_columns(table: Sequence[_Line]) -> list[_Line]:
    used = sorted({column for line in table for column, text in enumerate(line.texts) if text})
    return [line._replace(texts=[line.texts[column] for column in used]) for line in table]


def _text(names: Sequence[str], line: _Line, reading: Reading) -> Mapping[str, str]:
    """The columns that form the text, as people see them. Other numbers stay numbers, so that filters compare them."""
    wanted = {*reading.columns} or {reading.given or reading.text_field}
    said = fields_of(names, line.texts)
    # An error is shown, but is not a value.
    has = fields_of(names, line.values)
    return {name: text for name, text in said.items() if name in wanted and name in has}


def _header(table: Sequence[_Line]) -> list[str] | None:
    """The names of the columns, if the first row has at least two words and no numbers."""
    if len(table) < 2:
        return None
    first = [cell for cell in table[0].values if cell != ""]
    if len(first) < 2 or not all(isinstance(cell, str) for cell in first) or len(set(first)) < len(first):
        return None
    return names_of([str(cell) for cell in table[0].values])


def _length_before(table: Sequence[_Line], reading: Reading) -> int:
    """How many rows, each with one text, are before the row that names the column of the text; 0 if none names it."""
    for number, line in enumerate(table[:MOST_LINES]):
        said = [text for text in line.texts if text]
        if len(said) > 1:
            return number if documents_in(line.texts, reading) else 0
    return 0


def _plain(cell: Any) -> Any:
    """The value in JSON: dates in ISO 8601, whole numbers without a fraction."""
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    if isinstance(cell, datetime.timedelta):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell


def _said(cell: Any) -> str:
    """The text of a cell without a number format."""
    if isinstance(cell, bool):
        return str(cell).upper()
    return general(cell) if isinstance(cell, float) else str(_plain(cell))
