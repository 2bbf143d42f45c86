"""PowerPoint (pptx): the slides in order, each with its tables, diagrams, charts and notes."""

import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from corpus.formats import Reading, Row
from corpus.formats.joined_cells import JoinedCells
from corpus.formats.outline import Outline, row_of
from corpus.formats.package import Attributes, BadArchive, Package, attribute, described, local, refused
from corpus.formats.plain import document_row
from corpus.formats.raised import FORMULA, is_raised
from corpus.formats.slide_numbers import SlideNumbers
from corpus.formats.symbols import in_font, is_symbols

# Further parts of a slide, in this order.
BESIDE = ("diagramData", "chart", "chartEx", "notesSlide", "comments")
TITLES = ("title", "ctrTitle")
# Paragraphs, points of a chart, and comments of slides and sheets.
PARAGRAPHS = ("p", "pt", "cm", "comment", "threadedComment")
# Placeholders that are left out: slide number, date, header, and the picture of the slide in its notes.
REPEATED = ("sldNum", "dt", "hdr", "sldImg")
# PowerPoint's escapes for line breaks within a paragraph, which XML cannot express as characters.
_LINE = re.compile("_x000[ABD]_")


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row, and one for each part that is damaged."""
    outline = Outline()
    try:
        package = Package(file)
        main = package.main("presentation")
        related = package.related(main)
        slides = [related[id][1] for id in _order(package, main) if id in related]
        for number, part in enumerate(slides, 1):
            _slide(outline, package, number, part)
        title = package.title()
    except BadArchive as error:
        yield refused(name, error)
        return
    if len(outline) or not package.damaged:
        yield document_row(name, reading, outline, None if title == "PowerPoint Presentation" else title)
    yield from package.refusals(name)
    for slide in slides:
        for part in sorted({part for kind, part in package.related(slide).values() if kind == "package"}):
            yield from package.inserted(part, name, reading)


def _order(package: Package, main: str) -> list[str]:
    """The relationship ids of the slides, in the order of the presentation."""
    ids: list[str] = []

    def start(tag: str, attributes: Attributes) -> None:
        if local(tag) == "sldId":
            ids.append(next((value for key, value in attributes.items() if key.endswith("relationships id")), ""))

    package.walk(main, start)
    return ids


def _slide(outline: Outline, package: Package, number: int, part: str) -> None:
    outline.leave()
    outline.at(slide=number)
    package.beside(Shapes(outline).all, part)
    related = package.related(part)
    for kind in BESIDE:
        for beside in sorted(path for of, path in related.values() if of == kind):
            package.beside(Shapes(outline).all, beside)


class Shapes:
    """Reads the tags of a part. `texts` are the tags with text: `v` has a chart's figures, the others have words."""

    def __init__(self, outline: Outline, texts: Sequence[str] = ("t", "v", "text")) -> None:
        self._outline, self._texts = outline, texts
        self._said: list[str] = []
        self._row: list[str] | None = None
        self._cell: list[str] | None = None
        self._kind = ""
        self._reading = self._raised = False
        self._unseen = 0
        self._font = ("", "")
        self._joined = JoinedCells()
        self._numbers = SlideNumbers()

    def all(self, package: Package, part: str) -> None:
        """Read the whole part."""
        package.walk(part, self._start, self._end, self._text)

    def _start(self, tag: str, attributes: Attributes) -> None:
        name = local(tag)
        if self._unseen or name == "Fallback":
            self._unseen += 1
        elif name == "sp":
            self._kind = ""
        elif name == "ph":
            self._kind = attribute(attributes, "type") or "body"
        elif name == "cNvPr" and (description := described(attributes)):
            self._outline.block(description, "\n")
        elif name in ("txBody", "tc"):
            self._numbers = SlideNumbers()
            self._cell = [] if name == "tc" else self._cell
            if attribute(attributes, "vMerge") in ("1", "true"):
                self._joined.says("vMerge", None)
        elif name in PARAGRAPHS:
            self._said = []
            self._numbers.paragraph({})
        elif name == "pPr":
            self._numbers.paragraph(attributes)
        elif name == "buAutoNum":
            self._numbers.numbered(attributes)
        elif name == "r":
            self._raised, self._font = False, ("", "")
        elif name in ("latin", "sym") and is_symbols(attribute(attributes, "typeface")):
            self._font = (name, attribute(attributes, "typeface") or "")
        elif name == "rPr":
            self._raised = attributes.get("baseline", "0").lstrip("0")[:1].isdigit()
        elif name == "br":
            self._said.append("\n")
        elif name in FORMULA:
            self._said.append(FORMULA[name])
        elif name == "tbl":
            self._outline.part()
            self._joined = JoinedCells()
        elif name == "tr":
            self._row = []
            self._joined.row()
        self._reading = name in self._texts

    def _text(self, text: str) -> None:
        if self._reading and not self._unseen and self._kind not in REPEATED:
            if self._raised and self._said and is_raised(self._said[-1], text):
                self._said.append("^")
            self._said.append(in_font(_LINE.sub("\n", text), self._font[1], private_only=self._font[0] == "sym"))

    def _end(self, tag: str) -> None:
        name = local(tag)
        self._reading = False
        if self._unseen:
            self._unseen -= 1
        elif name in (*PARAGRAPHS, "tx"):
            text, self._said = "".join(self._said), []
            # A paragraph without text shows no number, and is not counted.
            if text.strip() and (number := self._numbers.next()):
                text = f"{number} {text}"
            if self._cell is not None:
                self._cell.append(text)
            elif self._kind in TITLES:
                self._outline.heading(1, text)
            else:
                self._outline.block(text, "\n")
        elif name == "tc" and self._row is not None:
            self._row.append(self._joined.cell(" ".join(" ".join(self._cell or []).split())))
            self._cell = None
        elif name == "tr":
            self._outline.block(row_of(self._row or []), "\n")
            self._row = None
        elif name == "sp":
            self._kind = ""
