"""PDF, read by PDFium: the text layer and the values of forms, page by page, and the recognised text of scans."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, BinaryIO

import pypdfium2

from corpus.formats import LARGEST, Reading, Row, too_large
from corpus.formats.outline import Outline
from corpus.formats.pdf_notes import files, notes
from corpus.formats.plain import document_row
from corpus.formats.scans import DOTS_PER_INCH, LONGEST_SIDE, recognized

# PDFium's character for a hyphen at the end of a line, and for a character without a code in Unicode.
_HYPHEN, _NOTHING = "\ufffe", "\x00"
_SPLIT = re.compile(f"(.?){_HYPHEN}(?:\r\n)?(.?)", re.DOTALL)
_POINTS_PER_INCH = 72
# A page that is mostly a picture, with fewer characters than this, is a scan: its text is only a stamp or a number.
_STAMP, _MOST = 100, 0.8


@dataclass
class _Pages:
    """The text of each page; the numbers of the pages that are scans, and the reasons of those that are not read.

    files: the names and contents of the files within notes.
    """

    texts: dict[int, str] = field(default_factory=dict)
    scans: list[int] = field(default_factory=list)
    unread: dict[int, str] = field(default_factory=dict)
    files: list[tuple[str, bytes]] = field(default_factory=list)


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row for all pages with text, and one for each sequence of pages that are not read for the same reason."""
    try:
        document = pypdfium2.PdfDocument(file.read())
        document.init_forms()
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            yield Row(name, reason="is encrypted; save it without a password")
        else:
            yield Row(name, reason=f"is not a readable PDF ({error})")
        return
    pages = _read(document)
    _recognize(document, pages, reading)
    outline = Outline()
    for number, text in sorted(pages.texts.items()):
        outline.at(page=number)
        outline.block(text)
    if len(outline) > LARGEST:
        yield too_large(name)
        return
    if len(outline):
        yield document_row(name, reading, outline, document.get_metadata_dict().get("Title"))
    elif not pages.unread:
        yield Row(name, reason="holds no text")
    elif len(set(pages.unread.values())) == 1 and len(pages.unread) == len(document):
        reason = next(iter(pages.unread.values()))
        yield Row(name, reason=f"holds {reason}" if reason.startswith("no text") else reason)
        yield from _attached(document, pages.files, name, reading)
        return
    for numbers, reason in _stretches(pages.unread):
        yield Row(f"{name}, {numbers}", reason=reason)
    yield from _attached(document, pages.files, name, reading)


def _attached(document: Any, in_notes: Sequence[tuple[str, bytes]], name: str, reading: Reading) -> Iterator[Row]:
    """Each file within the PDF or within its notes, read like a separate file."""
    from corpus.source import rows as read_rows

    for number in range(document.count_attachments()):
        attachment = document.get_attachment(number)
        place = f"{name}/{attachment.get_name() or f'attachment {number + 1}'}"
        try:
            content = bytes(attachment.get_data())
        except pypdfium2.PdfiumError:
            yield Row(place, reason="cannot be read")
            continue
        yield from read_rows(content, place, reading)
    for number, (called, content) in enumerate(in_notes, document.count_attachments() + 1):
        yield from read_rows(content, f"{name}/{called or f'attachment {number}'}", reading)


def _read(document: Any) -> _Pages:
    pages, size = _Pages(), 0
    for number in range(1, len(document) + 1):
        try:
            text, is_scan = _page(document, number - 1, pages.files)
        except pypdfium2.PdfiumError:
            pages.unread[number] = "cannot be read"
            continue
        pages.texts[number] = text
        size += len(text)
        if is_scan:
            pages.scans.append(number)
        if size > LARGEST:
            break
    return pages


def _recognize(document: Any, pages: _Pages, reading: Reading) -> None:
    """Replace the texts of the scans by the recognised ones, or note why that is impossible."""
    if reading.recognize is None:
        pages.unread |= {
            number: f"{'no' if not pages.texts[number].strip() else 'little'} text, but pictures; {reading.advice}"
            for number in pages.scans
        }
        return
    most = reading.most_scans
    pages.unread |= dict.fromkeys(pages.scans[most:], f"is beyond the limit of {most:,} scanned pages per file")
    pictures = ((number, _picture(document, number - 1)) for number in pages.scans[:most])
    for number, page in recognized(pictures, reading.recognize):
        if page.reason:
            pages.unread[number] = page.reason
        elif page.lines:
            pages.texts[number] = "\n".join(page.lines)


def _page(document: Any, number: int, attached: list[tuple[str, bytes]]) -> tuple[str, bool]:
    """The text of a page, and whether it is a scan: pictures or drawings without a text other than a stamp."""
    page = document[number]
    written = list(notes(page))
    attached += files(document, page)
    # The values of a form are not part of the page's text until the form is flattened.
    if pypdfium2.raw.FPDFPage_Flatten(page, pypdfium2.raw.FLAT_NORMALDISPLAY) == pypdfium2.raw.FLATTEN_SUCCESS:
        page.close()
        page = document[number]
    try:
        said = page.get_textpage().get_text_range()
        text = _SPLIT.sub(_joined, said).replace(_HYPHEN, "").replace("\r\n", "\n").replace(_NOTHING, "")
        # A note that is drawn on the page is already part of its text.
        text = "\n\n".join([text, *(note for note in written if note not in text)]) if written else text
        if not text.strip():
            return text, next(iter(page.get_objects(max_depth=1)), None) is not None
        return text, len(text.strip()) < _STAMP and _is_a_picture(page)
    finally:
        page.close()


def _joined(split: "re.Match[str]") -> str:
    """Join a word that is split over two lines; a hyphen between a small letter and a capital belongs to the word."""
    before, behind = split[1], split[2]
    return f"{before}{'-' if before.islower() and behind.isupper() else ''}{behind}"


def _is_a_picture(page: Any) -> bool:
    width, height = page.get_size()
    kinds = [pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]
    for shown in page.get_objects(filter=kinds, max_depth=3):
        left, bottom, right, top = shown.get_bounds()
        if (right - left) * (top - bottom) >= _MOST * width * height:
            return True
    return False


def _picture(document: Any, number: int) -> Any:
    page = document[number]
    try:
        scale = min(DOTS_PER_INCH / _POINTS_PER_INCH, LONGEST_SIDE / max(1.0, *page.get_size()))
        return page.render(scale=scale, grayscale=True, may_draw_forms=False).to_pil()
    finally:
        page.close()


def _stretches(unread: Mapping[int, str]) -> Iterator[tuple[str, str]]:
    ordered: Sequence[tuple[int, str]] = sorted(unread.items())
    for (_, reason), stretch in groupby(enumerate(ordered), lambda place: (place[1][0] - place[0], place[1][1])):
        numbers = [number for _, (number, _) in stretch]
        yield f"page {numbers[0]}" if len(numbers) == 1 else f"pages {numbers[0]} to {numbers[-1]}", reason
