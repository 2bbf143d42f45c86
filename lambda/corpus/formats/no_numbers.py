"""Replaces NaN and Infinity, which programs write although JSON does not allow them."""

import re
from typing import BinaryIO, cast

_OUTSIDE = re.compile(rb'"|-?(?:NaN|Infinity)')
_INSIDE = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*', re.DOTALL)
_LONGEST = len(b"-Infinity")


class NoNumbers:
    """A binary stream that replaces NaN and Infinity with null, except in strings."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._rest, self._in_string = file, b"", False

    def read(self, size: int = -1) -> bytes:
        """Read about `size` bytes; an empty result means the end."""
        while size:
            more = self._file.read(size)
            data = self._translated(self._rest + more, last=not more)
            if data or not more:
                return data
        return b""

    def _translated(self, data: bytes, *, last: bool) -> bytes:
        """Translate `data`, and keep a rest that may continue in the following bytes."""
        pieces: list[bytes] = []
        at, upto = 0, len(data)
        self._rest = b""
        while at < upto:
            if self._in_string:
                inside = _INSIDE.match(data, at)
                end = inside.end() if inside else at
                if data[end : end + 1] == b'"':
                    self._in_string, end = False, end + 1
                elif not last:
                    self._rest, upto = data[end:], end
                else:
                    end = upto
                pieces.append(data[at:end])
                at = end
                continue
            word = _OUTSIDE.search(data, at)
            if word is None:
                end = upto if last else max(at, upto - _LONGEST + 1)
                self._rest = data[end:]
                return b"".join([*pieces, data[at:end]])
            self._in_string = word[0] == b'"'
            pieces += [data[at : word.start()], b'"' if self._in_string else b"null"]
            at = word.end()
        return b"".join(pieces)


def without(file: BinaryIO) -> BinaryIO:
    """`file`, with null instead of NaN and Infinity."""
    return cast(BinaryIO, NoNumbers(file))
