"""Encodings of older messages whose bytes are ASCII: HZ (RFC 1843), UTF-7 (RFC 2152) and ISO-2022-JP."""

import base64
import binascii
import codecs
import re

# ISO-2022-JP begins its characters with these escape sequences; which one of its versions it is must be detected.
_JAPANESE = (b"\x1b$", b"\x1b(")
_HZ = re.compile(rb"~\{(?:[\x21-\x77][\x21-\x7e])+~\}")
# A byte order mark in UTF-7, of which each byte may also be the beginning of a text in ASCII.
_MARK = re.compile(rb"\+/v[89+/]")
_SHIFTED = re.compile(rb"\+([A-Za-z0-9+/]*)(-?)")
# Without a mark, UTF-7 is a text in these alphabets, Latin to Arabic, and with these signs: a sum or a telephone number
# is not in them.
_LETTERS, _SIGNS = range(0xA0, 0x800), range(0x2010, 0x2400)


def is_shifted(content: bytes) -> bool:
    """Whether the content is in such an encoding."""
    return any(escape in content for escape in _JAPANESE) or shifted(content) is not None


def shifted(content: bytes) -> str | None:
    """HZ or UTF-7, if the content is in it; the content may be cut."""
    if not content.isascii():
        return None
    if b"~}" in content and _HZ.search(content) and _is_decoded(content, "hz"):
        return "hz"
    return "utf-7" if b"+" in content and _is_utf7(content) and _is_decoded(content, "utf-7") else None


def _is_decoded(content: bytes, name: str) -> bool:
    try:
        text = codecs.getincrementaldecoder(name)().decode(content)
    except UnicodeDecodeError:
        return False
    return not text.isascii()


def _is_utf7(content: bytes) -> bool:
    """Whether each plus begins characters in Base64, and at least one of these texts has an end."""
    if _MARK.match(content):
        return True
    is_ended = False
    for match in _SHIFTED.finditer(content):
        digits, end = match.groups()
        if match.end() == len(content) and not end:
            # The content may be cut.
            break
        if digits and not _is_usual(_said(digits)):
            return False
        if not digits and not end:
            return False
        is_ended = is_ended or bool(digits and end)
    return is_ended


def _said(digits: bytes) -> str:
    """The characters of digits in Base64; an empty text if the digits are not whole characters."""
    try:
        units = base64.b64decode(digits + b"=" * (-len(digits) % 4))
    except binascii.Error:
        return ""
    is_whole = len(units) % 2 == 0 and base64.b64encode(units).rstrip(b"=") == digits
    return units.decode("utf-16-be", errors="replace") if is_whole else ""


def _is_usual(text: str) -> bool:
    codes = [ord(character) for character in text]
    return bool(codes) and all(code in _LETTERS or code in _SIGNS for code in codes)
