"""Text files in any encoding, read as UTF-8."""

import codecs
import io
import re
import tempfile
import unicodedata
from itertools import pairwise
from typing import BinaryIO, cast

from corpus.formats.nearly_utf8 import FOREIGN, is_nearly_utf8
from corpus.formats.seven_bits import is_shifted, shifted

# UTF-32 comes first, because its little-endian mark begins with that of UTF-16.
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# The encodings that some names actually mean, as in browsers.
# https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding
MEANT = {
    **dict.fromkeys(("ascii", "iso8859-1"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
}
_PIECE = 1 << 16
# A text in UTF-16 has at least one zero byte in this many bytes.
_FEW = 8
# The bytes that are examined to find the encoding of a text without a mark.
_LOOKED_AT = 1 << 20
_BEYOND_ASCII = bytes(range(0x80, 0x100))
# Characters that no decoded text has.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
# Below this certainty, the text may be in any language with Latin letters.
_UNSURE = 0.3
# In that case, a guess needs at least this many bytes beyond ASCII.
_LEAST = 5
# The letters of western languages beyond ASCII. Most letters of their words are ASCII.
_WESTERN = frozenset("äöüßéèêëáàâçñíìîïóòôúùûåæøœ")
# Alphabets that are never mixed within one word.
_ALPHABETS = ("LATIN", "GREEK", "CYRILLIC", "HEBREW", "ARABIC", "ARMENIAN", "THAI")
# Files that were joined have a mark at the beginning of each.
_MARK, _MARK_WITHIN = "\ufeff", re.compile("^\ufeff+", re.MULTILINE)
# Characters of Mac Roman: letters that Windows-1252 has too, some of them in texts that are not western, and marks.
_MACINTOSH = _WESTERN | frozenset("ãõ") | frozenset("“”‘’–—…«»¿¡€•\xa0")
_MISPLACED_CAPITAL = re.compile(r"[a-zß-ÿ][À-ÖØ-Þ]")
_WORD = re.compile(r"[^\W\d_]+")


def encoding_of(content: bytes) -> str | None:
    """The encoding of the byte order mark at the beginning, or of UTF-16 and UTF-32 without one; None otherwise."""
    marked = next((name for mark, name in MARKS if content.startswith(mark)), None)
    return marked or _wide(content[:_PIECE])


def codec_of(encoding: str) -> str | None:
    """Python's name of the encoding that a file names; None if Python cannot decode any bytes with it."""
    try:
        b"\xff".decode(encoding, errors="replace")
    except (LookupError, ValueError):  # unknown, not for text, or without replacements, such as `undefined`
        return None
    return codecs.lookup(encoding).name


def decoded(content: bytes) -> str:
    """Decode the text with the encoding of its mark, UTF-8, or a detected encoding. Raises UnicodeDecodeError.

    UTF-8 may have a few bytes that are not UTF-8; see nearly_utf8.py.
    """
    marked = encoding_of(content)
    if marked is None and is_shifted(content[:_LOOKED_AT]):
        marked = _guess(content)
    try:
        text = content.decode(marked or "utf-8", errors=FOREIGN if marked else "strict")
    except UnicodeDecodeError:
        if marked or not (guess := _guess(content)):
            raise
        text = content.decode(guess, errors=FOREIGN)
    return _MARK_WITHIN.sub("", text) if _MARK in text else text


def is_known(file: BinaryIO) -> bool:
    """Whether the rest of the file has a mark or is UTF-8, UTF-16 or UTF-32. Other encodings must be detected."""
    start, head = file.tell(), file.read(_PIECE)
    try:
        return encoding_of(head) is not None or (_is_utf8(head, file) and not is_shifted(head))
    finally:
        file.seek(start)


def utf8(file: BinaryIO, *, any_encoding: bool = False) -> BinaryIO:
    """The file after its mark, in UTF-8: the file itself, or a copy if it is in another encoding.

    With `any_encoding`, an encoding that must be detected is converted too.
    """
    start = file.tell()
    head = file.read(_PIECE)
    name = encoding_of(head)
    file.seek(start)
    if name is None and any_encoding and not is_known(file):
        name = _guess(file.read(_LOOKED_AT))
        file.seek(start)
    if name == "utf-8-sig":
        file.seek(start + len(codecs.BOM_UTF8))
        if not any_encoding or _is_utf8(b"", file):
            file.seek(start + len(codecs.BOM_UTF8))
            return file
        file.seek(start)
    return _transcoded(file, name) if name else file


def _is_utf8(head: bytes, file: BinaryIO) -> bool:
    """Whether `head` and the rest of the file are UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while head := head or file.read(_PIECE):
            decoder.decode(head)
            head = b""
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _wide(content: bytes) -> str | None:
    """The name of UTF-32 or UTF-16 without a mark, whose text has many zero bytes; None for other encodings."""
    zeros = content.count(b"\0")
    # The last character of the content may be cut.
    if not zeros or (zeros * _FEW < len(content) and _is_utf8(content.rstrip(_BEYOND_ASCII), io.BytesIO())):
        return None
    for name, size in (("utf-32-le", 4), ("utf-32-be", 4), ("utf-16-le", 2), ("utf-16-be", 2)):
        if len(content) % size and len(content) < _FEW * 2:
            # A short text is not cut: it is text with a zero byte.
            continue
        piece = content[: len(content) - len(content) % size]
        try:
            text = piece.decode(name)
        except UnicodeDecodeError as error:
            # A pair of surrogates may be cut at the end.
            if size == 4 or error.start < len(piece) - 2:
                continue
            text = piece[: error.start].decode(name)
        if text and not _CONTROL.search(text) and _is_written(text):
            return name
    return None


def _is_written(text: str) -> bool:
    """Whether the text has a space, a line end or a usual mark, and no unassigned or private character."""
    unknown = sum(unicodedata.category(character) in ("Cn", "Co", "Cs") for character in text)
    usual = any(character in text for character in " \n\r\t,.;:、。，\u3000") or text.isascii()
    return usual and not unknown


def _guess(content: bytes) -> str | None:
    """The detected encoding of the content; None if none makes it text, or if its words would mix alphabets."""
    looked_at = content[:_LOOKED_AT]
    if seven_bits := shifted(looked_at):
        return seven_bits
    from chardet import detect

    if is_nearly_utf8(looked_at):
        return "utf-8"
    detected = detect(looked_at)
    if detected["confidence"] < _UNSURE:
        if _is_western(looked_at, "cp1252", _WESTERN):
            return "cp1252"
        if is_macintosh(looked_at):
            return "mac_roman"
        if sum(byte >= 0x80 for byte in looked_at[:_PIECE]) < _LEAST:
            return None
    try:
        name = codecs.lookup(detected["encoding"] or "").name
        name = MEANT.get(name, name)
        text = looked_at.decode(name, errors="strict" if len(looked_at) == len(content) else "ignore")
    except (LookupError, UnicodeDecodeError):
        return None
    return None if name == "utf-8" or _CONTROL.search(text) or _is_mixed(text) else name


def is_macintosh(content: bytes) -> bool:
    """Whether the content is a text of a western language in Mac Roman."""
    text = content.decode("mac_roman")
    beyond = [character for character in text.lower() if not character.isascii()]
    is_usual = len(beyond) > 1 and _MACINTOSH.issuperset(beyond) and not _MISPLACED_CAPITAL.search(text)
    return is_usual and _is_western(content, "mac_roman", _MACINTOSH)


def _is_western(content: bytes, encoding: str, western: frozenset[str]) -> bool:
    """Whether the content is a text of a western language in this encoding, which has these letters."""
    text = content.decode(encoding, errors="replace")
    words = [word for word in set(_WORD.findall(text)) if not word.isascii()]
    letters = [letter for word in words for letter in word.lower() if not letter.isascii()]
    few = all(sum(not letter.isascii() for letter in word) * 2 <= max(2, len(word)) for word in words)
    return not _CONTROL.search(text) and "\ufffd" not in text and few and western.issuperset(letters)


def _is_mixed(text: str) -> bool:
    """Whether a word has letters of two alphabets, which happens if a text is read in a wrong encoding."""
    for word in set(_WORD.findall(text)):
        if word.isascii():
            continue
        alphabets = [unicodedata.name(letter, "").partition(" ")[0] for letter in word]
        if any(left != right and {left, right} <= set(_ALPHABETS) for left, right in pairwise(alphabets)):
            return True
    return False


def _transcoded(file: BinaryIO, encoding: str) -> BinaryIO:
    """A copy of the file in UTF-8: a temporary file that is removed when it is closed."""
    decoder = codecs.getincrementaldecoder(encoding)(FOREIGN)
    laid = tempfile.TemporaryFile()  # noqa: SIM115 - closed when nobody reads it any more
    while piece := file.read(_PIECE):
        laid.write(decoder.decode(piece).encode())
    laid.write(decoder.decode(b"", final=True).encode())
    laid.seek(0)
    return cast(BinaryIO, laid)
