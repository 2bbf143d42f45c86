"""PDF, read by PDFium: the text layer and the values of forms, page by page."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, BinaryIO

import pypdfium2

from corpus.formats import LARGEST, Reading, Row, too_large
from corpus.formats.outline import Outline
from corpus.formats.plain import document_row

# PDFium's character for a hyphen at the end of a line, and for a character without a code in Unicode.
_HYPHEN, _NOTHING = "\ufffe", "\x00"


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row for all pages with text, and one for each sequence of pages with only pictures."""
    try:
        document = pypdfium2.PdfDocument(file.read())
        document.init_forms()
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            yield Row(name, reason="is encrypted; save it without a password")
        else:
            yield Row(name, reason=f"is no PDF that can be read ({error})")
        return
    outline, unread, broken = Outline(), list[int](), list[int]()
    for number in range(1, len(document) + 1):
        outline.at(page=number)
        try:
            text, drawn = _page(document, number - 1)
        except pypdfium2.PdfiumError:
            broken.append(number)
            continue
        outline.block(text)
        if drawn and not text.strip():
            unread.append(number)
        if len(outline) > LARGEST:
            yield too_large(name)
            return
    title = document.get_metadata_dict().get("Title")
    if not len(outline):
        yield Row(name, reason="holds no text; if it was scanned, put it through text recognition first")
        return
    yield document_row(name, reading, outline, title)
    for pages in _stretches(unread):
        yield Row(f"{name}, {pages}", reason="no text, but pictures; put the file through text recognition first")
    for pages in _stretches(broken):
        yield Row(f"{name}, {pages}", reason="cannot be read")


def _page(document: Any, number: int) -> tuple[str, bool]:
    """The text of a page, and whether it has pictures or drawings."""
    page = document[number]
    # The values of a form are not part of the page's text until the form is flattened.
    if pypdfium2.raw.FPDFPage_Flatten(page, pypdfium2.raw.FLAT_NORMALDISPLAY) == pypdfium2.raw.FLATTEN_SUCCESS:
        page.close()
        page = document[number]
    try:
        drawn = next(iter(page.get_objects(max_depth=1)), None) is not None
        said = page.get_textpage().get_text_range()
    finally:
        page.close()
    return said.replace(f"{_HYPHEN}\r\n", "").replace(_HYPHEN, "").replace("\r\n", "\n").replace(_NOTHING, ""), drawn


def _stretches(pages: Sequence[int]) -> Iterator[str]:
    for _, stretch in groupby(enumerate(pages), lambda place: place[1] - place[0]):
        numbers = [number for _, number in stretch]
        yield f"page {numbers[0]}" if len(numbers) == 1 else f"pages {numbers[0]} to {numbers[-1]}"
