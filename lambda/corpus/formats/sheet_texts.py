"""The texts of numbers and errors in a workbook (xlsx, ods) as people see them, such as 25% for 0.25, and #N/A."""

import re
from collections.abc import Mapping
from contextlib import suppress

from corpus.formats.number_format import BUILT_IN, GENERAL, shown
from corpus.formats.package import Attributes, BadArchive, Package, attribute, local
from corpus.formats.sheet_notes import parts_of
from corpus.formats.whole_number import whole_number

Texts = dict[tuple[int, int], str]
"""The texts of cells by row and column, counted from 0; only formatted numbers and errors have one."""

_PLACE = re.compile(r"([A-Z]{1,3})(\d{1,7})$")
# A quick search for any error, which Calamine reads as an empty cell: most sheets have none.
_ANY_ERROR = re.compile(rb"""\st=["']e["']""")
# A limit, because the same cell may be repeated to the end of its sheet.
_MOST_REPEATED = 10_000


def texts(package: Package) -> Mapping[str, Texts]:
    """The texts of each sheet. Raises BadArchive."""
    if package.is_office:
        return _of_office(package)
    return _of_opendocument(package) if "content.xml" in package else {}


def _of_office(package: Package) -> dict[str, Texts]:
    main = package.main("workbook")
    styles = next((part for kind, part in package.related(main).values() if kind == "styles"), None)
    if not main.endswith(".xml"):
        return {}
    formats = [] if styles is None else _formats(package, styles)
    since_1904 = _is_since_1904(package, main)
    read: dict[str, Texts] = {}
    for sheet, part in parts_of(package).items():
        try:
            if any(formats) or package.contains(part, _ANY_ERROR):
                read[sheet] = _cells(package, part, formats, since_1904=since_1904)
        except BadArchive:
            # Calamine reports the damaged sheet.
            continue
    return read


def _formats(package: Package, part: str) -> list[str]:
    """The number format of each cell style; empty if the style shows numbers as they are."""
    own: dict[int, str] = {}
    numbers: list[int] = []
    within = ""

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal within
        name = local(tag)
        if name in ("cellXfs", "cellStyleXfs", "numFmts", "dxfs"):
            within = name
        elif name == "numFmt" and within == "numFmts":
            own[whole_number(attribute(attributes, "numFmtId"), 0)] = attribute(attributes, "formatCode") or ""
        elif name == "xf" and within == "cellXfs":
            numbers.append(whole_number(attribute(attributes, "numFmtId"), 0))

    package.walk(part, start)
    codes = (own.get(number, BUILT_IN.get(number, "")) for number in numbers)
    return ["" if code.lower() in GENERAL else code for code in codes]


def _is_since_1904(package: Package, main: str) -> bool:
    said: list[bool] = []

    def start(tag: str, attributes: Attributes) -> None:
        if local(tag) == "workbookPr":
            said.append(attribute(attributes, "date1904") in ("1", "true"))

    package.walk(main, start)
    return any(said)


def _cells(package: Package, part: str, formats: list[str], *, since_1904: bool) -> Texts:
    read: Texts = {}
    row, column, format = -1, -1, ""
    value: list[str] = []
    within = ""
    is_error = False

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal row, column, format, within, is_error
        within = local(tag)
        if within == "row":
            row, column = whole_number(attribute(attributes, "r"), 0) - 1 if attribute(attributes, "r") else row + 1, -1
        elif within == "c":
            place = _PLACE.match(attribute(attributes, "r") or "")
            column = _column(place[1]) if place else column + 1
            row = int(place[2]) - 1 if place else row
            style = whole_number(attribute(attributes, "s"), 0)
            kind = attribute(attributes, "t")
            is_number, is_error = kind in (None, "n"), kind == "e"
            format = formats[style] if is_number and style < len(formats) else ""
            value.clear()

    def text(words: str) -> None:
        if (format or is_error) and within == "v":
            value.append(words)

    def end(tag: str) -> None:
        nonlocal within
        within = ""
        if local(tag) == "c" and value and is_error:
            read[row, column] = "".join(value).strip()
        elif local(tag) == "c" and value:
            with suppress(ValueError):
                read[row, column] = shown(float("".join(value)), format, since_1904=since_1904)

    package.walk(part, start, end, text)
    return read


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _of_opendocument(package: Package) -> dict[str, Texts]:
    """The texts that programs stored with each number."""
    read: dict[str, Texts] = {}
    sheet, row, column, rows, columns = "", 0, 0, 1, 1
    said: list[str] = []
    line: Texts = {}
    beside = 0
    is_number = within = False

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal sheet, row, column, rows, columns, is_number, within, beside
        name = local(tag)
        if name == "table":
            sheet, row = attribute(attributes, "name") or "", 0
        elif name == "table-row":
            column, rows = 0, whole_number(attribute(attributes, "number-rows-repeated"), 0) or 1
            line.clear()
        elif name in ("table-cell", "covered-table-cell"):
            columns = whole_number(attribute(attributes, "number-columns-repeated"), 0) or 1
            kinds = {value for key, value in attributes.items() if local(key) == "value-type"}
            is_number = "error" in kinds or not kinds <= {"string"}
            said.clear()
        elif name == "annotation":
            beside += 1
        elif name == "p":
            within = True

    def text(words: str) -> None:
        if is_number and within and not beside:
            said.append(words)

    def end(tag: str) -> None:
        nonlocal row, column, within, beside
        name = local(tag)
        if name == "p":
            within = False
        elif name == "annotation":
            beside -= 1
        elif name in ("table-cell", "covered-table-cell"):
            if said:
                line.update({(0, at): "".join(said) for at in range(column, column + min(columns, _MOST_REPEATED))})
            column += columns
        elif name == "table-row":
            repeated = range(row, row + min(rows, _MOST_REPEATED)) if line else ()
            read.setdefault(sheet, {}).update(
                {(at, place): shown_text for at in repeated for (_, place), shown_text in line.items()}
            )
            row += rows

    package.walk("content.xml", start, end, text)
    return read
