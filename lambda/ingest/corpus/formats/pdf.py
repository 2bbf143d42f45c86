"""PDF, read by pypdf: the text layer, pages apart by an empty line."""

import logging
from collections.abc import Iterator
from typing import BinaryIO

from pypdf import PdfReader

from corpus.formats import Row
from corpus.formats.plain import one

# It complains about each small fault of a file, of which few have none.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


def rows(file: BinaryIO, name: str, text_field: str) -> Iterator[Row]:
    """One row."""
    try:
        reader = PdfReader(file)
        if reader.is_encrypted and not reader.decrypt(""):
            yield Row(name, reason="is encrypted; save it without a password")
            return
        text = "\n\n".join(page.extract_text() for page in reader.pages)
        title = reader.metadata.title if reader.metadata else None
    except Exception as error:  # noqa: BLE001 - a broken file makes pypdf stumble in ways that it does not name
        yield Row(name, reason=f"is no PDF that can be read ({error or type(error).__name__})")
        return
    if not text.strip():
        yield Row(name, reason="holds no text; if it was scanned, put it through text recognition first")
        return
    yield one(name, text_field, text, str(title).strip() if title else None)
