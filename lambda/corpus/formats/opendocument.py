"""OpenDocument: texts (odt) and presentations (odp), in their order."""

import re
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from corpus.formats import Reading, Row
from corpus.formats.flat import as_archive
from corpus.formats.joined_cells import CoveredCells
from corpus.formats.opendocument_numbers import OpenDocumentNumbers
from corpus.formats.outline import Outline, row_of
from corpus.formats.package import Attributes, BadArchive, Package, attribute, local, refused
from corpus.formats.page import read_into
from corpus.formats.plain import document_row
from corpus.formats.whole_number import whole_number

# Elements without visible text, such as tracked deletions and styles.
UNSEEN = frozenset(("tracked-changes", "automatic-styles", "font-face-decls", "scripts", "annotation-end", "forms"))
# The author and the date of a comment.
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
# The texts of a chart; its figures repeat the cells of a workbook.
CHART_TITLES = ("title", "subtitle", "legend", "footer")
# The number of a note is not a part of the word before it.
_BEFORE = {"ruby-text": "(", "note-citation": "^"}
_BREAKS = {"tab": "\t", "line-break": "\n"}
# The beginning of a part, and the prefix of the elements of a formula, which pages do not have.
_HEAD, _PREFIX = 2000, re.compile(r"(</?)(?:math|mml):")
_ITEMS = ("list-item", "list-header")
_CELLS = ("table-cell", "covered-table-cell")


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row: the text, then headers and footers."""
    outline = Outline()
    try:
        package = Package(as_archive(file))
        if "META-INF/manifest.xml" in package and b"encryption-data" in package.read("META-INF/manifest.xml"):
            raise BadArchive("is encrypted; save it without a password")
        numbers = OpenDocumentNumbers()
        if "styles.xml" in package:
            package.walk("styles.xml", numbers.style)
        text = _Text(outline, numbers)
        text.all(package, "content.xml")
        outline.leave()
        for part in dict.fromkeys(map(part_of, text.objects)):
            package.beside(partial(read_object, outline), part)
        if "styles.xml" in package:
            only = ("header", "footer", "header-first", "footer-first")
            _Text(outline, numbers, only).all(package, "styles.xml")
        title = package.title()
    except BadArchive as error:
        yield refused(name, error)
        return
    if len(outline) or not package.damaged:
        yield document_row(name, reading, outline, title)
    yield from package.refusals(name)


def part_of(folder: str) -> str:
    """The part with the content of an object."""
    return f"{folder.removeprefix('./').strip('/')}/content.xml"


def read_object(outline: Outline, package: Package, part: str, only: tuple[str, ...] = ()) -> None:
    """Read a formula, a chart or another document within a document; with `only`, only these parts of a chart."""
    if part not in package:
        return
    if "MathML" in package.read(part)[:_HEAD].decode(errors="replace"):
        formula = package.read(part).decode(errors="replace")
        read_into(outline, _PREFIX.sub(r"\1", formula))
    else:
        _Text(outline, OpenDocumentNumbers(), only).all(package, part)


class _Text:
    """Reads the tags of a part; with `only`, only the text within these tags."""

    def __init__(self, outline: Outline, numbers: OpenDocumentNumbers, only: tuple[str, ...] = ()) -> None:
        self._outline, self._numbers, self._only = outline, numbers, only
        # The folders of objects, such as formulas and charts, within the archive.
        self.objects: list[str] = []
        # The number of each open paragraph.
        self._number: list[str] = []
        self._inside = 0
        self._unseen = 0
        self._paragraphs: list[list[str]] = []
        self._rows: list[list[str]] = []
        self._cells: list[list[str]] = []
        self._joined: list[CoveredCells] = []
        self._level = 1
        self._slide = 0

    def all(self, package: Package, part: str) -> None:
        """Read the whole part."""
        package.walk(part, self._start, self._end, self._said)

    def _start(self, tag: str, attributes: Attributes) -> None:
        name = local(tag)
        self._inside += name in self._only
        self._numbers.style(tag, attributes)
        if self._unseen or name in UNSEEN or (self._paragraphs and tag.startswith(_DUBLIN_CORE)):
            self._unseen += 1
        elif name == "list":
            self._numbers.open(attributes)
        elif name in _ITEMS:
            self._numbers.item(name, attributes)
        elif name == "page" and "drawing" in tag:
            self._slide += 1
            self._outline.leave()
            self._outline.at(slide=self._slide)
        elif _is_paragraph(tag):
            self._paragraphs.append([])
            self._number.append("" if "svg" in tag else self._numbers.paragraph(tag, attributes))
            self._level = whole_number(attribute(attributes, "outline-level"), 1)
        elif name == "table":
            self._outline.part()
            self._joined.append(CoveredCells())
        elif name == "table-row":
            self._rows.append([])
            if self._joined:
                self._joined[-1].row()
        elif name in _CELLS:
            self._cells.append([])
            if self._joined:
                self._joined[-1].open(name, attributes)
        elif name == "object":
            self.objects.append(attribute(attributes, "href") or "")
        elif self._paragraphs and name in _BEFORE:
            self._paragraphs[-1].append(_BEFORE[name])
        elif self._paragraphs and name in _BREAKS:
            self._paragraphs[-1].append(_BREAKS[name])
        elif self._paragraphs and name == "s":
            self._paragraphs[-1].append(" ")

    def _said(self, text: str) -> None:
        if self._paragraphs and not self._unseen and (self._inside or not self._only):
            self._paragraphs[-1].append(text)

    def _end(self, tag: str) -> None:
        name = local(tag)
        self._inside -= name in self._only
        if self._unseen:
            self._unseen -= 1
        elif name == "list":
            self._numbers.close()
        elif name in _ITEMS:
            self._numbers.end_item()
        elif _is_paragraph(tag) and self._paragraphs:
            self._paragraph("".join(self._paragraphs.pop()), self._number.pop(), is_heading=name == "h")
        elif name in _CELLS and self._cells and self._rows:
            said = " ".join(self._cells.pop())
            self._rows[-1].append(self._joined[-1].cell(said) if self._joined else said)
        elif name == "table" and self._joined:
            self._joined.pop()
        elif name == "ruby-text" and self._paragraphs:
            self._paragraphs[-1].append(")")
        elif name == "table-row" and self._rows:
            text = row_of(self._rows.pop())
            if self._cells:
                self._cells[-1].append(text)
            else:
                self._outline.block(text, "\n")

    def _paragraph(self, text: str, number: str, *, is_heading: bool) -> None:
        if not text.strip() and not (self._cells and number):
            return
        text = f"{number} {text.lstrip()}" if number else text
        if self._cells:
            self._cells[-1].append(" ".join(text.split()))
        elif is_heading:
            self._outline.heading(self._level, text)
        else:
            self._outline.block(text)


def _is_paragraph(tag: str) -> bool:
    """Whether the tag is a paragraph or a heading, or the description of a picture."""
    name = local(tag)
    return name in ("p", "h") or (name in ("title", "desc") and "svg" in tag)
