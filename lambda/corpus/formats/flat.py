"""Converts OpenDocument in one XML file (fodt, fods, fodp) into the archive form."""

import io
import re
import zipfile
from typing import BinaryIO

from corpus.formats import LARGEST

_MARK = b"urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_KIND = re.compile(rb"office:mimetype=[\"']([^\"'<>]{1,200})")
# The manifest lists no encrypted files.
_MANIFEST = '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
_BEGIN_FORMULA = re.compile(rb"<draw:object(?:\s[^<>]{0,1000})?>\s{0,100}(<(?:math:)?math[\s>])")
_END_FORMULA, _FORMULA, _LINK = b"</draw:object>", "Formula ", "http://www.w3.org/1999/xlink"
_BEGIN = 1 << 16


def as_archive(file: BinaryIO) -> BinaryIO:
    """The archive for a flat file; any other file is returned unchanged."""
    start = file.tell()
    head = file.read(_BEGIN)
    file.seek(start)
    if _MARK not in head:
        return file
    kind = _KIND.search(head)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mimetype", kind[1] if kind else b"")
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        text, formulas = _formulas(file.read(8 * LARGEST))
        archive.writestr("content.xml", text)
        for number, formula in enumerate(formulas):
            archive.writestr(f"{_FORMULA}{number}/content.xml", formula)
    packed.seek(0)
    return packed


def _formulas(content: bytes) -> tuple[bytes, list[bytes]]:
    """The content with each formula replaced by the name of a part, and the formulas."""
    text: list[bytes] = []
    formulas: list[bytes] = []
    at = 0
    while begin := _BEGIN_FORMULA.search(content, at):
        end = content.find(_END_FORMULA, begin.end())
        if end < 0:
            break
        name = f'<draw:object xlink:href="./{_FORMULA}{len(formulas)}" xmlns:xlink="{_LINK}"/>'
        text += [content[at : begin.start()], name.encode()]
        # The mark of formulas, which this one may have declared at the beginning of the file.
        formulas.append(b"<!-- MathML -->" + content[begin.start(1) : end])
        at = end + len(_END_FORMULA)
    return b"".join([*text, content[at:]]), formulas
