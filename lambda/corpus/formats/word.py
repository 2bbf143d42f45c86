"""Word (docx): the text in order, with tables, text boxes and notes; then headers, footers, comments and drawings."""

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from corpus.formats import Reading, Row
from corpus.formats.outline import BETWEEN_CELLS, Outline
from corpus.formats.package import Attributes, BadArchive, Package, attribute, local, refused
from corpus.formats.plain import document_row
from corpus.formats.raised import FORMULA, is_raised
from corpus.formats.slides import Shapes

# Separate parts, in this order after the text.
BESIDE = ("footnotes", "endnotes", "comments", "header", "footer")
DRAWN = ("diagramData", "chart", "chartEx")
# A file of another format within the document.
INSERTED = "aFChunk"
# Fallback repeats Choice, instrText is the instruction of a field, and the others are deleted text or formatting.
UNSEEN = frozenset(("Fallback", "instrText", "delText", "delInstrText", "moveFrom", "rPr", "pPrChange"))
_BREAKS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t", **FORMULA}
_HEADING = re.compile(r"heading (\d)$", re.IGNORECASE)
_LOWEST = 9


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row for the text, one for each part that is damaged, and those of each inserted file."""
    outline = Outline()
    try:
        package = Package(file)
        main = package.main("Word document")
        related = package.related(main)
        styles = [part for kind, part in related.values() if kind == "styles"]
        levels = _levels(package, styles[0]) if styles else {}
        _Text(outline, levels).all(package, main)
        outline.leave()
        for kind in (*BESIDE, *DRAWN):
            for part in _parts(related, kind):
                reader = Shapes(outline) if kind in DRAWN else _Text(outline, levels)
                package.beside(reader.all, part)
        title = package.title()
    except BadArchive as error:
        yield refused(name, error)
        return
    inserted = _parts(related, INSERTED)
    if len(outline) or not inserted:
        yield document_row(name, reading, outline, title)
    yield from package.refusals(name)
    for part in inserted:
        yield from _inserted(package, part, name, reading)


def _parts(related: Mapping[str, tuple[str, str]], kind: str) -> list[str]:
    return sorted({part for relation, part in related.values() if relation == kind})


def _inserted(package: Package, part: str, name: str, reading: Reading) -> Iterator[Row]:
    """The file, read like a separate one."""
    from corpus.source import rows as read_rows

    try:
        yield from read_rows(package.read(part), f"{name}/{part}", reading)
    except BadArchive as error:
        yield refused(name, error)


def _levels(package: Package, part: str) -> dict[str, int]:
    """The level of each style for headings."""
    levels: dict[str, int] = {}
    style = ""

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal style
        name, value = local(tag), attribute(attributes, "val") or ""
        if name == "style":
            style = attribute(attributes, "styleId") or ""
        elif name == "name":
            heading = _HEADING.match(value)
            if heading or value.lower() == "title":
                levels[style] = int(heading[1]) if heading else 1
        elif name == "outlineLvl" and value.isdigit() and int(value) < _LOWEST:
            levels.setdefault(style, int(value) + 1)

    package.walk(part, start)
    return levels


class _Text:
    """Reads the tags of a part. A paragraph within another one, as in a text box, comes before the rest of that one."""

    def __init__(self, outline: Outline, levels: dict[str, int]) -> None:
        self._outline, self._levels = outline, levels
        self._paragraphs: list[list[str]] = []
        self._level: list[int | None] = []
        self._rows: list[list[str]] = []
        self._cells: list[list[str]] = []
        self._unseen = 0
        self._reading = self._raised = False

    def all(self, package: Package, part: str) -> None:
        """Read the whole part."""
        package.walk(part, self._start, self._end, self._said)

    def _start(self, tag: str, attributes: Attributes) -> None:
        name = local(tag)
        if name == "r":
            self._raised = False
        elif name == "vertAlign":
            # Among the properties of the run, which are not seen.
            self._raised = attribute(attributes, "val") == "superscript"
        if self._unseen or name in UNSEEN:
            self._unseen += 1
        elif name == "p":
            self._paragraphs.append([])
            self._level.append(None)
        elif name == "tbl":
            self._outline.part()
        elif name == "tr":
            self._rows.append([])
        elif name == "tc":
            self._cells.append([])
        elif name == "t":
            self._reading = True
        elif self._paragraphs:
            self._within(name, attributes)

    def _within(self, name: str, attributes: Attributes) -> None:
        if name in _BREAKS:
            self._paragraphs[-1].append(_BREAKS[name])
        elif name == "pStyle":
            self._level[-1] = self._levels.get(attribute(attributes, "val") or "")
        elif name == "outlineLvl" and (value := attribute(attributes, "val") or "").isdigit() and int(value) < _LOWEST:
            self._level[-1] = int(value) + 1
        elif name == "docPr" and (description := attribute(attributes, "descr")):
            self._paragraphs[-1].append(f" {description} ")
        elif name == "sym" and (code := attribute(attributes, "char")):
            # A character of a symbol font, in Unicode's private area.
            self._paragraphs[-1].append("•" if code.upper().startswith("F0") else chr(int(code, 16)))

    def _said(self, text: str) -> None:
        if self._reading and not self._unseen and self._paragraphs:
            said = self._paragraphs[-1]
            if self._raised and said and is_raised(said[-1], text):
                said.append("^")
            said.append(text)

    def _end(self, tag: str) -> None:
        name = local(tag)
        if self._unseen:
            self._unseen -= 1
        elif name == "t":
            self._reading = False
        elif name == "p" and self._paragraphs:
            self._paragraph("".join(self._paragraphs.pop()), self._level.pop())
        elif name == "tc" and self._cells and self._rows:
            self._rows[-1].append(" ".join(self._cells.pop()))
        elif name == "tr" and self._rows:
            self._row(BETWEEN_CELLS.join(cell for cell in self._rows.pop() if cell))

    def _paragraph(self, text: str, level: int | None) -> None:
        if not text.strip():
            return
        if self._cells:
            self._cells[-1].append(" ".join(text.split()))
        elif level is not None:
            self._outline.heading(level, text)
        else:
            self._outline.block(text)

    def _row(self, text: str) -> None:
        """End a row; the row of a table within a cell is part of that cell."""
        if self._cells:
            self._cells[-1].append(text)
        else:
            self._outline.block(text, "\n")
