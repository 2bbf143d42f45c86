"""Finds the format of a file from its content, because its name may suggest another format, or none."""

import re
import zipfile
from contextlib import suppress
from typing import BinaryIO

from corpus.endings import FORMATS, ending
from corpus.formats import NotRead
from corpus.formats.encoding import decoded

HEAD = 1 << 16
# The bytes that are searched in a file of Microsoft's container, whose directory may be anywhere.
_MOST_LOOKED_THROUGH = 64 << 20
# Formats whose files are not text.
_BINARY = ("sheets", "word", "slides", "opendocument", "book", "pdf", "rich_text")
# Files with the names of these formats are not examined: such files begin in their own ways, or in any way.
_NEVER = ("columns", "picture")
# Programs also write HTML pages, text tables and messages with these endings.
_LOOSE = (".doc", ".dot", ".xls", ".xlt", ".ppt", ".pps", ".rtf")
_CONTAINER = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# A PDF may begin within its first bytes (ISO 32000-1, appendix H).
_PDF_WITHIN = 1024
_FOLDERS = {"word": "word", "xl": "sheets", "ppt": "slides"}
_OPENDOCUMENT = "application/vnd.oasis.opendocument."
_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--(?:(?!-->).){0,2000}-->\s*)*<(?:!doctype\s+html|html|head|body|table|meta)\b",
    re.I | re.S,
)
_XML = re.compile(r"\s*<\?xml\s")
_MESSAGE = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9-]{1,60}:[^\n]{0,2000}\n(?:[ \t][^\n]{0,2000}\n){0,50}){0,50}?MIME-Version:", re.I
)
# Control characters that no text has.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_STREAMS = {
    "EncryptedPackage": "is encrypted; save it without a password",
    "WordDocument": "is a Word document of a format before 2007; save it as .docx",
    "PowerPoint Document": "is a presentation of a format before 2007; save it as .pptx",
    "__substg1.0_": "is a message of Outlook; save it as .eml",
}


def format_of(file: BinaryIO, name: str) -> str | None:
    """The name of the module of `corpus.formats` for the file; None if no module reads it.

    The file's name decides unless the content is clearly something else. The file keeps its position. Raises NotRead.
    """
    named = FORMATS.get(ending(name))
    if named in _NEVER:
        return named
    start = file.tell()
    try:
        head = file.read(HEAD)
        return (_signed(file, start, head, named) or _text(head, named, name)) if head else _empty(named)
    finally:
        file.seek(start)


def is_signed(head: bytes) -> bool:
    """Whether the beginning of a file shows that it is a PDF, an archive or an Office file, not text."""
    return head.startswith((b"%PDF-", b"PK\x03\x04", _CONTAINER))


def _empty(named: str | None) -> str | None:
    if named in _BINARY:
        raise NotRead("is empty")
    return named or "plain"


def _signed(file: BinaryIO, start: int, head: bytes, named: str | None) -> str | None:
    """The format of the signature at the beginning, if it has one."""
    if b"%PDF-" in head[: _PDF_WITHIN if named in (*_BINARY, None) else 5]:
        return "pdf"
    if head.lstrip().startswith(b"{\\rtf") and named in (*_BINARY, None):
        return "rich_text"
    if head.startswith(b"PK\x03\x04"):
        return _packed(file, start) or (named if named in _BINARY else None)
    if head.startswith(_CONTAINER):
        return _contained(file, start, named)
    return None


def _packed(file: BinaryIO, start: int) -> str | None:
    file.seek(start)
    with suppress(zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, UnicodeDecodeError):
        archive = zipfile.ZipFile(file)
        names = [name.replace("\\", "/").lower() for name in archive.namelist()]
        if "mimetype" in names:
            kind = archive.read("mimetype")[:200].decode("ascii", errors="replace").strip()
            if kind.startswith(_OPENDOCUMENT):
                return "sheets" if kind.startswith(f"{_OPENDOCUMENT}spreadsheet") else "opendocument"
            if kind == "application/epub+zip":
                return "book"
        if not {"[content_types].xml", "_rels/.rels"}.isdisjoint(names):
            folders = {name.partition("/")[0] for name in names}
            return next((format for folder, format in _FOLDERS.items() if folder in folders), None)
    return None


def _contained(file: BinaryIO, start: int, named: str | None) -> str | None:
    """The format of a file in Microsoft's container: workbooks are read; NotRead names the kind of others."""
    file.seek(start)
    content = file.read(_MOST_LOOKED_THROUGH)
    for stream, reason in _STREAMS.items():
        if stream.encode("utf-16-le") in content:
            raise NotRead(reason)
    return "sheets" if named == "sheets" or "Workbook".encode("utf-16-le") in content else named


def _text(head: bytes, named: str | None, name: str) -> str | None:
    """The format of a text file whose name suggests another format, or none."""
    if named is not None and named not in _BINARY:
        return named
    try:
        text = decoded(head[: head.rfind(b"\n") + 1] or head)
    except UnicodeDecodeError:
        return named
    if _CONTROL.search(text) or (named is None and ending(name) not in ("", *_LOOSE)):
        return named
    if _PAGE.match(text):
        return "page"
    if ending(name) not in ("", *_LOOSE):
        return named
    if _MESSAGE.match(text):
        return "mail"
    if _XML.match(text):
        return "xml"
    return "rows" if named == "sheets" else "plain"
