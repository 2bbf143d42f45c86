"""JSON: an array of objects, or one object after another; read by ijson, as a stream."""

from collections.abc import Iterator
from typing import BinaryIO

import ijson

from corpus.formats import Row

_BLANK = b" \t\r\n\xef\xbb\xbf"


def rows(file: BinaryIO, name: str, text_field: str) -> Iterator[Row]:  # noqa: ARG001 of the interface
    """A row for each object; behind a mistake nothing can be read."""
    first = b" "
    while first and first in _BLANK:
        start, first = file.tell(), file.read(1)
    file.seek(start)
    number = 0
    try:
        # A number with a fraction would be a Decimal, which JSON has not.
        values = ijson.items(file, "item" if first == b"[" else "", multiple_values=True, use_float=True)
        for number, value in enumerate(values, 1):
            where = f"{name}:{number}"
            if isinstance(value, dict):
                yield Row(where, value)
            else:
                yield Row(where, reason="a JSON object is wanted", found=value)
    except (ijson.JSONError, ValueError) as error:
        yield Row(f"{name}:{number + 1}", reason=f"not JSON from here on ({error})")
