"""Files that Outlook packs into `winmail.dat` (TNEF): attachments, and the text of the message.

https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxtnef
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from corpus.formats.packed_rich_text import unpacked

SIGNATURE = b"\x78\x9f\x3e\x22"
_HEAD = len(SIGNATURE) + 2
# Attributes of the message and of its attachments, and properties that an attribute may contain.
_BODY, _DATA, _TITLE, _ATTACHMENT, _PROPERTIES, _OF_ATTACHMENT = 0x800C, 0x800F, 0x8010, 0x9002, 0x9003, 0x9005
_PLAIN, _RICH, _PAGE, _CONTENT, _NAME, _LONG_NAME = 0x1000, 0x1009, 0x1013, 0x3701, 0x3704, 0x3707
_UNICODE, _VARIABLE = 0x1F, (0x1E, 0x1F, 0x102, 0xD)
_SIZES = {0x2: 4, 0x3: 4, 0x4: 4, 0x5: 8, 0x6: 8, 0x7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_SEVERAL, _NAMED = 0x1000, 0x8000
# An object begins with the 16 bytes of its interface.
_OBJECT, _INTERFACE = 0xD, 16


class Packed(NamedTuple):
    """A file within `winmail.dat`."""

    name: str
    content: bytes


def files(content: bytes, *, with_text: bool) -> list[Packed]:
    """The attachments, after the text of the message if it is wanted. A damaged end is left out."""
    texts: dict[int, bytes] = {}
    attached: list[Packed] = []
    for attribute, data in _attributes(content):
        if attribute == _BODY:
            texts[_PLAIN] = data.rstrip(b"\0")
        elif attribute == _PROPERTIES:
            texts |= {id: value for id, value in _properties(data) if id in (_PLAIN, _RICH, _PAGE)}
        elif attribute == _ATTACHMENT:
            attached.append(Packed("", b""))
        elif attached:
            attached[-1] = _with(attached[-1], attribute, data)
    said = _text(texts) if with_text else None
    return [*([said] if said else []), *(file for file in attached if file.content)]


def _text(texts: dict[int, bytes]) -> Packed | None:
    """The message's text in its richest form."""
    if page := texts.get(_PAGE):
        return Packed("message.html", page)
    if rich := unpacked(texts.get(_RICH, b"")):
        return Packed("message.rtf", rich)
    return Packed("message.txt", texts[_PLAIN]) if texts.get(_PLAIN) else None


def _with(file: Packed, attribute: int, data: bytes) -> Packed:
    if attribute == _TITLE:
        return file._replace(name=file.name or _decoded(data))
    if attribute == _DATA:
        return file._replace(content=data)
    properties = dict(_properties(data)) if attribute == _OF_ATTACHMENT else {}
    name = properties.get(_LONG_NAME) or properties.get(_NAME)
    return Packed(name.decode() if name else file.name, file.content or properties.get(_CONTENT, b""))


def _attributes(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = _HEAD
    while at + 9 <= len(content):
        attribute, size = struct.unpack_from("<xII", content, at)
        yield attribute & 0xFFFF, content[at + 9 : at + 9 + size]
        # A sum of two bytes follows.
        at += 9 + size + 2


def _properties(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The properties of variable size; texts are in UTF-8."""
    at = 4
    while at + 4 <= len(data):
        kind, id = struct.unpack_from("<HH", data, at)
        at += 4
        try:
            if id >= _NAMED:
                at = _behind_name(data, at)
            count = 1
            if kind & _SEVERAL or kind in _VARIABLE:
                (count,) = struct.unpack_from("<I", data, at)
                at += 4
            kind &= ~_SEVERAL
            if kind not in _VARIABLE:
                at += count * _SIZES[kind]
                continue
            for _ in range(count):
                (size,) = struct.unpack_from("<I", data, at)
                value = data[at + 4 : at + 4 + size]
                yield id, value[_INTERFACE:] if kind == _OBJECT else _utf8(value) if kind == _UNICODE else value
                at += 4 + _padded(size)
        except (KeyError, struct.error):
            return


def _behind_name(data: bytes, at: int) -> int:
    """The position behind the name of a named property, which is a number or a text."""
    is_text, size = struct.unpack_from("<16xII", data, at)
    return at + 24 + (_padded(size) if is_text else 0)


def _padded(size: int) -> int:
    return size + -size % 4


def _utf8(value: bytes) -> bytes:
    return value.decode("utf-16-le", errors="replace").rstrip("\0").encode()


def _decoded(name: bytes) -> str:
    return name.rstrip(b"\0").decode("cp1252", errors="replace")
