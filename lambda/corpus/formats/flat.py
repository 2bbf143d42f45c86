"""Converts OpenDocument in one XML file (fodt, fods, fodp) into the archive form."""

import io
import zipfile
from typing import BinaryIO

from corpus.formats import LARGEST

_MARK = b"urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_KIND = b"office:mimetype="
# The manifest lists no encrypted files.
_MANIFEST = '<m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
_BEGIN = 1 << 16


def as_archive(file: BinaryIO) -> BinaryIO:
    """The archive for a flat file; any other file is returned unchanged."""
    start = file.tell()
    head = file.read(_BEGIN)
    file.seek(start)
    if _MARK not in head:
        return file
    kind = head.partition(_KIND)[2][1:].partition(head.partition(_KIND)[2][:1])[0]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        archive.writestr("content.xml", file.read(8 * LARGEST))
    packed.seek(0)
    return packed
