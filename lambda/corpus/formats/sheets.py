"""Workbooks (xlsx, xlsm, xlsb, xls, ods), read by Calamine: each sheet is a table."""

import datetime
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError

from corpus.formats import LARGEST, Reading, Row, too_large
from corpus.formats.formulas import unanswered
from corpus.formats.outline import Outline
from corpus.formats.package import BadArchive, Package, refused
from corpus.formats.plain import document_row
from corpus.formats.sheet_notes import beside
from corpus.formats.table import documents_in, fields_of, names_of, say

_ARCHIVE = b"PK"


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row for each row of sheets in which a column has the text, and one row for all other sheets."""
    outline = Outline()
    has_text = False
    try:
        notes: dict[str, list[str]] = {}
        if file.read(len(_ARCHIVE)) == _ARCHIVE:
            package = Package(file)
            notes = beside(package)
            yield from package.refusals(name)
            yield from unanswered(package, name)
        file.seek(0)
        workbook = CalamineWorkbook.from_filelike(file)
        for sheet in workbook.sheet_names:
            try:
                cells = _cells(workbook.get_sheet_by_name(sheet))
            except CalamineError as error:
                yield Row(f"{name}, sheet {sheet}", reason=f"cannot be read ({error})")
                continue
            table = [(number, [_plain(cell) for cell in row]) for number, row in enumerate(cells, 1)]
            table = [(number, row) for number, row in table if any(cell != "" for cell in row)]
            names = _header(table)
            outline.at(sheet=sheet)
            for note in notes.get(sheet, []):
                outline.block(note)
            if names and documents_in(names, reading):
                has_text = True
                for number, row in table[1:]:
                    fields = {**fields_of(names, row), "sheet": sheet}
                    yield Row(f"{name}, sheet {sheet}:{number}", reading.text_of(fields))
                continue
            for _, row in table[1:] if names else table:
                say(outline, names, [str(cell) for cell in row])
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


def _cells(sheet: CalamineSheet) -> list[list[Any]]:
    """The cells of a sheet; a cell that is joined with others has its value in the column of its own in each row."""
    cells: list[list[Any]] = sheet.to_python(skip_empty_area=False)
    for (top, column), (bottom, _) in sheet.merged_cell_ranges or ():
        for row in cells[top + 1 : bottom + 1]:
            if column < len(row) and row[column] == "":
                row[column] = cells[top][column]
    return cells


def _header(table: Sequence[tuple[int, Sequence[Any]]]) -> list[str] | None:
    """The names of the columns, if the first row has at least two words and no numbers."""
    if len(table) < 2:
        return None
    first = [cell for cell in table[0][1] if cell != ""]
    if len(first) < 2 or not all(isinstance(cell, str) for cell in first) or len(set(first)) < len(first):
        return None
    return names_of([str(cell) for cell in table[0][1]])


def _plain(cell: Any) -> Any:
    """The value in JSON: dates in ISO 8601, whole numbers without a fraction."""
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    if isinstance(cell, datetime.timedelta):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    return cell
