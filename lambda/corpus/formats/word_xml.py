"""Converts Office documents in one XML file into the archive form: Word 2003 XML, and flat OPC of later versions."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

from corpus.formats.package import BadArchive, tags_of

_WORD_2003 = "http://schemas.microsoft.com/office/word/2003/wordml"
_PACKAGE = "http://schemas.microsoft.com/office/2006/xmlPackage"
_HEAD = 1 << 16
_ROOT = re.compile(rb"<\w{1,20}:wordDocument[\s>]")
_TEXT, _SLIDES = "word/document.xml", "ppt/presentation.xml"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
_RELATION = f'<Relationship Id="{{kind}}" Type="{_OFFICE}/{{kind}}" Target="{{target}}"/>'


class OneFile(NamedTuple):
    """A document in one file: its archive, and whether it is a presentation."""

    archive: io.BytesIO
    is_presentation: bool


def as_archive(content: bytes) -> OneFile | None:
    """The archive with the parts of a document; None for other XML. Raises BadArchive."""
    head = content[:_HEAD]
    if _WORD_2003.encode() in head and _ROOT.search(head):
        # The elements of the text have the same names in both versions.
        parts = _of_word_2003(content)
    elif _PACKAGE.encode() in head:
        parts = dict(_parts(content))
    else:
        return None
    if _TEXT not in parts and _SLIDES not in parts:
        return None
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    packed.seek(0)
    return OneFile(packed, is_presentation=_SLIDES in parts)


def _of_word_2003(content: bytes) -> dict[str, bytes]:
    """The same file is the text and the styles."""
    main = _RELATIONS.format(_RELATION.format(kind="officeDocument", target=_TEXT))
    beside = _RELATIONS.format(_RELATION.format(kind="styles", target="document.xml"))
    return {"_rels/.rels": main.encode(), "word/_rels/document.xml.rels": beside.encode(), _TEXT: content}


def _parts(content: bytes) -> Iterator[tuple[str, bytes]]:
    # This refuses entities, which ElementTree would replace.
    tags_of([content], "its XML", lambda *_: None, lambda _: None, lambda _: None)
    try:
        package = ElementTree.fromstring(content)  # noqa: S314 - it has no entities
    except ElementTree.ParseError as error:
        raise BadArchive(f"is damaged in its XML ({error})") from None
    for part in package.iterfind(f"{{{_PACKAGE}}}part"):
        data = part.find(f"{{{_PACKAGE}}}xmlData")
        if data is not None and len(data):
            yield part.get(f"{{{_PACKAGE}}}name", "").lstrip("/"), ElementTree.tostring(data[0])
