"""Reads what people wrote on a page of a PDF: notes, marks with a comment, and text that is not drawn yet."""

import ctypes
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pypdfium2
from pypdfium2 import raw

# Pop-ups are not read because they repeat their notes. Forms are read elsewhere, and links contain no text.
_KINDS = (
    raw.FPDF_ANNOT_TEXT,
    raw.FPDF_ANNOT_FREETEXT,
    raw.FPDF_ANNOT_HIGHLIGHT,
    raw.FPDF_ANNOT_UNDERLINE,
    raw.FPDF_ANNOT_SQUIGGLY,
    raw.FPDF_ANNOT_STRIKEOUT,
    raw.FPDF_ANNOT_CARET,
    raw.FPDF_ANNOT_SQUARE,
    raw.FPDF_ANNOT_CIRCLE,
    raw.FPDF_ANNOT_LINE,
    raw.FPDF_ANNOT_POLYGON,
    raw.FPDF_ANNOT_POLYLINE,
    raw.FPDF_ANNOT_INK,
    raw.FPDF_ANNOT_REDACT,
    raw.FPDF_ANNOT_STAMP,
    raw.FPDF_ANNOT_FILEATTACHMENT,
)
_MOST = 10_000


def notes(page: Any) -> Iterator[str]:
    """The texts of the page's notes, in their order."""
    for note in _all(page):
        if raw.FPDFAnnot_GetSubtype(note) in _KINDS and (said := _contents(note).strip()):
            yield said


def files(document: Any, page: Any) -> Iterator[tuple[str, bytes]]:
    """The names and contents of the files that notes of the page contain."""
    for note in _all(page):
        if raw.FPDFAnnot_GetSubtype(note) != raw.FPDF_ANNOT_FILEATTACHMENT:
            continue
        if handle := raw.FPDFAnnot_GetFileAttachment(note):
            file = pypdfium2.PdfAttachment(handle, document)
            with suppress(pypdfium2.PdfiumError):
                yield file.get_name(), bytes(file.get_data())


def _all(page: Any) -> Iterator[Any]:
    for number in range(min(_MOST, raw.FPDFPage_GetAnnotCount(page))):
        note = raw.FPDFPage_GetAnnot(page, number)
        if not note:
            continue
        try:
            yield note
        finally:
            raw.FPDFPage_CloseAnnot(note)


def _contents(note: Any) -> str:
    size = raw.FPDFAnnot_GetStringValue(note, b"Contents", None, 0)
    if size <= 2:
        return ""
    text = (raw.FPDF_WCHAR * (size // 2))()
    raw.FPDFAnnot_GetStringValue(note, b"Contents", text, size)
    # The text is UTF-16 with a zero at the end.
    return ctypes.string_at(text, size - 2).decode("utf-16-le", errors="replace").replace("\r", "\n")
