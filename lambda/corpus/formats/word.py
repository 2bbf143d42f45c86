"""Word (docx): the text in order, with tables, text boxes and notes; then headers, footers, comments and drawings."""

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from corpus.formats import Reading, Row
from corpus.formats.outline import Outline
from corpus.formats.package import Attributes, BadArchive, Package, attribute, local, refused
from corpus.formats.plain import document_row
from corpus.formats.slides import Shapes
from corpus.formats.word_text import LOWEST, WordText

# Separate parts, in this order after the text.
BESIDE = ("footnotes", "endnotes", "comments", "header", "footer")
DRAWN = ("diagramData", "chart", "chartEx")
# Files within the document.
INSERTED = ("aFChunk", "package")
_HEADING = re.compile(r"heading (\d)$", re.IGNORECASE)


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row for the text, one for each part that is damaged, and those of each inserted file."""
    outline = Outline()
    try:
        package = Package(file)
        main = package.main("Word document")
        related = package.related(main)
        styles = [part for kind, part in related.values() if kind == "styles"]
        levels = _levels(package, styles[0]) if styles else {}
        WordText(outline, levels).all(package, main)
        outline.leave()
        for kind in (*BESIDE, *DRAWN):
            for part in _parts(related, kind):
                reader = Shapes(outline) if kind in DRAWN else WordText(outline, levels)
                package.beside(reader.all, part)
        title = package.title()
    except BadArchive as error:
        yield refused(name, error)
        return
    inserted = [part for kind in INSERTED for part in _parts(related, kind)]
    if len(outline) or not inserted:
        yield document_row(name, reading, outline, title)
    yield from package.refusals(name)
    for part in inserted:
        yield from package.inserted(part, name, reading)


def _parts(related: Mapping[str, tuple[str, str]], kind: str) -> list[str]:
    return sorted({part for relation, part in related.values() if relation == kind})


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
        elif name == "outlineLvl" and value.isdigit() and int(value) < LOWEST:
            levels.setdefault(style, int(value) + 1)

    package.walk(part, start)
    return levels
