"""Word (docx): the text in order, with tables, text boxes and notes; then headers, footers, comments and drawings."""

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from corpus.formats import Reading, Row
from corpus.formats.outline import Outline
from corpus.formats.package import BadArchive, Package, refused
from corpus.formats.plain import document_row
from corpus.formats.slides import Shapes
from corpus.formats.word_numbers import WordNumbers
from corpus.formats.word_styles import WordStyles
from corpus.formats.word_text import WordText

# Separate parts, in this order after the text.
BESIDE = ("footnotes", "endnotes", "comments", "header", "footer")
DRAWN = ("diagramData", "chart", "chartEx")
# Files within the document.
INSERTED = ("aFChunk", "package")


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row for the text, one for each part that is damaged, and those of each inserted file."""
    outline = Outline()
    try:
        package = Package(file)
        main = package.main("Word document")
        related = package.related(main)
        styles = WordStyles()
        numbers = WordNumbers(styles)
        for part in _parts(related, "styles")[:1]:
            styles.read(package, part)
        for part in _parts(related, "numbering")[:1]:
            package.beside(numbers.read, part)
        WordText(outline, styles, numbers).all(package, main)
        outline.leave()
        for kind in (*BESIDE, *DRAWN):
            for part in _parts(related, kind):
                reader = Shapes(outline) if kind in DRAWN else WordText(outline, styles, numbers)
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
