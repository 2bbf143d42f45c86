"""Rich Text as Outlook packs it.

https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxrtfcp
"""

import struct

from corpus.formats import LARGEST

_PACKED, _PLAIN = b"LZFu", b"MELA"
_HEAD = 16
# The dictionary is a ring of this size, which begins with words of Rich Text.
_SIZE = 4096
_WORDS = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)


def unpacked(content: bytes) -> bytes:
    """The Rich Text; empty if the content is not such a text."""
    if len(content) < _HEAD:
        return b""
    size, kind = min(struct.unpack_from("<4xI", content)[0], LARGEST), content[8:12]
    if kind == _PLAIN:
        return content[_HEAD : _HEAD + size]
    return _text(content, size) if kind == _PACKED else b""


def _text(content: bytes, size: int) -> bytes:
    ring = bytearray(_WORDS.ljust(_SIZE, b" "))
    write, at = len(_WORDS), _HEAD
    text = bytearray()
    while at < len(content) and len(text) < size:
        control, at = content[at], at + 1
        for bit in range(8):
            piece = content[at : at + (2 if control >> bit & 1 else 1)]
            at += len(piece)
            if control >> bit & 1:
                if len(piece) < 2:
                    return bytes(text)
                offset, length = (piece[0] << 4) | (piece[1] >> 4), (piece[1] & 15) + 2
                if offset == write:
                    return bytes(text)
            else:
                offset, length = 0, 0
                text += piece
                for byte in piece:
                    ring[write] = byte
                    write = (write + 1) % _SIZE
            for step in range(length):
                byte = ring[(offset + step) % _SIZE]
                text.append(byte)
                ring[write] = byte
                write = (write + 1) % _SIZE
    return bytes(text)
