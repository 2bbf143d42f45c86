"""Rich Text (rtf), read by striprtf."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from striprtf.striprtf import rtf_to_text

from corpus.formats import Reading, Row, whole
from corpus.formats.plain import document_row

# striprtf leaves out these groups, so they are turned into paragraphs.
_BESIDE = re.compile(r"(?:\\\*)?\\(?:footnote|annotation|header[lrf]?|footer[lrf]?|shptxt)(?![A-Za-z])")
# A shape contains text; its properties are not text.
_SHAPE = re.compile(r"(?:\\\*)?\\(?:shpinst|shp)(?![A-Za-z])")
_PROPERTY = re.compile(r"\{\\sp(?![A-Za-z])")
_TITLE = re.compile(r"\{\\title\s([^{}\\]{1,500})\}")


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """One row."""
    content = whole(file)
    if not content.lstrip().startswith(b"{\\rtf"):
        yield Row(name, reason="is not readable Rich Text")
        return
    # Characters beyond ASCII are escaped; an unescaped byte is taken as Windows-1252.
    source = content.decode("cp1252", errors="replace")
    title = _TITLE.search(source)
    readable = _PROPERTY.sub(r"{\\*\\sp", _SHAPE.sub("", _BESIDE.sub(r"\\par ", source)))
    text: str = rtf_to_text(readable, errors="replace")  # type: ignore[no-untyped-call] # of striprtf 0.0
    yield document_row(name, reading, text.replace("|\n", "\n").replace("|", " | "), title and title[1])
