"""Text files in any encoding with a byte order mark, read as UTF-8."""

import codecs
import tempfile
from typing import BinaryIO, cast

# UTF-32 first: its little-endian mark begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_PIECE = 1 << 16


def encoding_of(content: bytes) -> str | None:
    """The encoding of the byte order mark at the beginning; None without one."""
    return next((name for mark, name in MARKS if content.startswith(mark)), None)


def decoded(content: bytes) -> str:
    """The text in UTF-8, or in the encoding of its byte order mark. Raises UnicodeDecodeError."""
    return content.decode(encoding_of(content) or "utf-8")


def utf8(file: BinaryIO) -> BinaryIO:
    """The file after its mark, in UTF-8: the file itself unless the mark is of another encoding."""
    start = file.tell()
    name = encoding_of(file.read(4))
    file.seek(start + (len(codecs.BOM_UTF8) if name == "utf-8-sig" else 0))
    return file if name is None or name == "utf-8-sig" else _transcoded(file, name)


def _transcoded(file: BinaryIO, encoding: str) -> BinaryIO:
    """A temporary file that is removed with its last reader."""
    decoder = codecs.getincrementaldecoder(encoding)()
    laid = tempfile.TemporaryFile()  # noqa: SIM115 - closed when nobody reads it any more
    while piece := file.read(_PIECE):
        laid.write(decoder.decode(piece).encode())
    laid.write(decoder.decode(b"", final=True).encode())
    laid.seek(0)
    return cast(BinaryIO, laid)
