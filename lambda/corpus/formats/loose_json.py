"""Corrects what programs write although JSON does not allow it, or the parser does not hold it.

NaN, Infinity and numbers beyond the range of floats become null. Integers beyond 64 bits become strings. Control
characters within strings are escaped.
"""

import math
import re
from typing import BinaryIO, cast

from calls.plain import LARGEST

# A number of few characters needs no look, unless its exponent is large.
_FEW = 18
_OUTSIDE = re.compile(rb'"|-?(?:NaN|Infinity)|-?\d[\d.eE+-]{%d,}|-?\d[\d.]{0,%d}[eE]\+?\d{3,}' % (_FEW - 1, _FEW - 1))
_INSIDE = re.compile(rb'[^"\\\0-\x1f]*(?:\\.[^"\\\0-\x1f]*)*', re.DOTALL)
_LONGEST_WORD = len(b"-Infinity")
_OF_NUMBERS = b"0123456789.eE+-"
# The limit of a number in bytes.
_LONGEST_NUMBER = 1 << 20
_SPACE = 0x20


class LooseJson:
    """A binary stream of JSON, corrected."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._rest, self._in_string = file, b"", False

    def read(self, size: int = -1) -> bytes:
        """Read about `size` bytes; an empty result means the end. Raises ValueError."""
        while size:
            # With a long rest, more is read at once, so that no rest is read very often.
            more = self._file.read(max(size, len(self._rest)) if size > 0 else size)
            data = self._corrected(self._rest + more, last=not more)
            if data or not more:
                return data
            if len(self._rest) > _LONGEST_NUMBER:
                raise ValueError(f"a number has more than {_LONGEST_NUMBER >> 20} MiB")
        return b""

    def _corrected(self, data: bytes, *, last: bool) -> bytes:
        """Correct `data`, and keep a rest that may continue in the following bytes."""
        pieces: list[bytes] = []
        at, upto = 0, len(data)
        self._rest = b""
        while at < upto:
            if self._in_string:
                inside = _INSIDE.match(data, at)
                end = inside.end() if inside else at
                pieces.append(data[at:end])
                at = end + 1
                if end < upto and data[end] < _SPACE:
                    pieces.append(b"\\u%04x" % data[end])
                elif data[end : end + 1] == b'"':
                    pieces.append(b'"')
                    self._in_string = False
                elif last:
                    pieces.append(data[end:])
                    break
                else:
                    # A backslash at the end belongs to the next character.
                    self._rest = data[end:]
                    break
                continue
            word = _OUTSIDE.search(data, at)
            if not last and (word is None or (word.end() == upto and word[0] != b'"')):
                begun = min(upto - _LONGEST_WORD + 1, len(data.rstrip(_OF_NUMBERS)))
                end = max(at, word.start() if word else begun)
                self._rest = data[end:]
                return b"".join([*pieces, data[at:end]])
            if word is None:
                pieces.append(data[at:])
                break
            self._in_string = word[0] == b'"'
            pieces += [data[at : word.start()], b'"' if self._in_string else _held(word[0])]
            at = word.end()
        return b"".join(pieces)


def _held(number: bytes) -> bytes:
    """The number as the parser holds it, or null."""
    if number.lstrip(b"-").isdigit():
        few = len(number) <= _FEW + 2
        return number if few and abs(int(number)) < LARGEST else b'"' + number + b'"'
    try:
        return number if math.isfinite(float(number)) else b"null"
    except ValueError:
        return number


def corrected(file: BinaryIO) -> BinaryIO:
    """`file`, corrected."""
    return cast(BinaryIO, LooseJson(file))
