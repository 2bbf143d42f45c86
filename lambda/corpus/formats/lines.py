"""NDJSON: one JSON object per line, also as the lines of an array."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from corpus.formats import LARGEST, Reading, Row
from corpus.formats.encoding import utf8

LETTER = {"where", "id", "reason", "document"}
# Newer dead letters also have `retry`: whether another attempt may help.
LETTERS = (LETTER, LETTER | {"retry"})
_SHOWN = 1_000
# Some programs write control characters within strings, although JSON does not allow them.
_DECODER = json.JSONDecoder(strict=False)
# An array may have its objects in separate lines; the separator is that of JSON sequences (RFC 7464).
_OF_ARRAY, _SEPARATOR = ("[", "]"), "\x1e"


def rows(file: BinaryIO, name: str, reading: Reading) -> Iterator[Row]:
    """A row for each line that is not empty. A dead letter becomes the document that it contains."""
    number = position = 0
    file = utf8(file)
    while line := file.readline(LARGEST + 1):
        number += 1
        position += len(line)
        where = f"{name}:{number}"
        if len(line) > LARGEST:
            while line and not line.endswith(b"\n"):
                line = file.readline(LARGEST)
                position += len(line)
            yield Row(where, position=position, reason=f"a line has at most {LARGEST // 1024**2} MiB")
            continue
        if not line.strip():
            continue
        yield from _rows(where, line, position, reading)


def _rows(where: str, line: bytes, position: int, reading: Reading) -> Iterator[Row]:
    try:
        values = _values(line)
    except (ValueError, RecursionError) as error:
        start = line[:_SHOWN].decode(errors="replace")
        yield Row(where, reason=f"not JSON ({error})", entry=start, position=position)
        return
    for value in values:
        yield _row(where, value, position, reading)


def _row(where: str, value: Any, position: int, reading: Reading) -> Row:
    if not isinstance(value, dict):
        return Row(where, reason="a JSON object is wanted", entry=value, position=position)
    if value.keys() in LETTERS:
        return _letter(where, value, position)
    return Row(where, reading.text_of(value), position=position)


def _values(line: bytes) -> list[Any]:
    """Parse the line as UTF-8: one value, or the objects of an array."""
    # Each of several joined files begins with a byte order mark.
    text = line.decode("utf-8-sig").strip()
    try:
        value = _DECODER.decode(text)
    except ValueError:
        text = text.removeprefix(_SEPARATOR).removesuffix(",")
        if text in _OF_ARRAY:
            return []
        # Python refuses to parse an integer of more than 4,300 digits.
        value = json.loads(text, parse_int=_integer, strict=False)
    is_list = isinstance(value, list) and value and all(isinstance(item, dict) for item in value)
    return value if is_list else [value]


def _integer(digits: str) -> int | str:
    try:
        return int(digits)
    except ValueError:
        return digits


def _letter(where: str, letter: dict[str, Any], position: int) -> Row:
    if not isinstance(letter["document"], dict):
        reason = f"{letter['where']}: {letter['reason']}"
        return Row(where, reason=reason, entry=letter["document"], position=position)
    fields = dict(letter["document"])
    # Only a dead letter of a load names its document; `corpus.document` checks that the chunk's id fits.
    of = fields.pop("document", None)
    return Row(where, fields, of=of if isinstance(of, str) else None, position=position)
