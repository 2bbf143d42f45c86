"""JSON: an array of objects, or consecutive objects; ijson reads it as a stream."""

from collections.abc import Iterator
from typing import Any, BinaryIO

import ijson

from corpus.formats import Reading, Row
from corpus.formats.encoding import utf8
from corpus.formats.loose_json import corrected

# A file may be a request body of the API that stores documents; its list has this name.
LIST = "documents"
_BLANK = b" \t\r\n"


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """A row for each object; after a syntax error, nothing more can be read."""
    file = utf8(file)
    first = b" "
    while first and first in _BLANK:
        start, first = file.tell(), file.read(1)
    file.seek(start)
    number = 0
    try:
        # Without `use_float`, a number with a fraction would be a Decimal, which JSON cannot express.
        values = ijson.items(corrected(file), "item" if first == b"[" else "", multiple_values=True, use_float=True)
        for number, value in enumerate(values, 1):
            where = f"{name}:{number}"
            inner = value.get(LIST) if isinstance(value, dict) and len(value) == 1 else None
            if isinstance(inner, list):
                yield from (_row(f"{where}:{place}", row, reading) for place, row in enumerate(inner, 1))
            else:
                yield _row(where, value, reading)
    except (ijson.JSONError, ValueError) as error:
        # ijson gives the message as bytes if the file is not UTF-8.
        message = error.args[0] if error.args else ""
        said = (message.decode(errors="replace") if isinstance(message, bytes) else str(message)).partition("\n")[0]
        yield Row(f"{name}:{number + 1}", reason=f"not JSON from here on ({said})")


def _row(where: str, value: Any, reading: Reading) -> Row:
    if isinstance(value, dict):
        return Row(where, reading.text_of(value))
    return Row(where, reason="a JSON object is wanted", entry=value)
