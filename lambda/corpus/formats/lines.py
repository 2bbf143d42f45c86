"""NDJSON: one JSON object per line."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from corpus.formats import LARGEST, Reading, Row
from corpus.formats.encoding import utf8

LETTER = {"where", "id", "reason", "document"}
# Newer dead letters also have `retry`: whether another attempt may help.
LETTERS = (LETTER, LETTER | {"retry"})
_SHOWN = 1_000


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
        yield _row(where, line, position, reading)


def _row(where: str, line: bytes, position: int, reading: Reading) -> Row:
    try:
        value = _value(line)
    except (ValueError, RecursionError) as error:
        start = line[:_SHOWN].decode(errors="replace")
        return Row(where, reason=f"not JSON ({error})", entry=start, position=position)
    if not isinstance(value, dict):
        return Row(where, reason="a JSON object is wanted", entry=value, position=position)
    if value.keys() in LETTERS:
        return _letter(where, value, position)
    return Row(where, reading.text_of(value), position=position)


def _value(line: bytes) -> Any:
    """Parse the line as UTF-8; `json.loads(line)` first determines the encoding, and takes half as long again."""
    try:
        return json.loads(line.decode())
    except ValueError:
        # Python refuses to parse an integer of more than 4,300 digits.
        return json.loads(line, parse_int=_integer)


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
