"""Lines and JSON objects of a streamed answer."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from rag.service_failure import ANSWER, unusable


def lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines that are not empty. A piece may end within a line."""
    held = b""
    for piece in pieces:
        *whole, held = (held + piece).split(b"\n")
        yield from (line.strip() for line in whole if line.strip())
    if held.strip():
        yield held.strip()


def objects(raw_lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The JSON object of each line. A line may be the `data:` of a server-sent event; `[DONE]` is the end."""
    for line in raw_lines:
        text = line.removeprefix(b"data:").strip()
        if text == b"[DONE]":
            return
        if line.startswith((b":", b"event:", b"id:", b"retry:")):
            continue
        yield json_object(text)


def json_object(text: bytes) -> dict[str, Any]:
    """The object in `text`; raises `Broken`."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise unusable(ANSWER, f"not a JSON object: {text[:200].decode(errors='replace')}")
    return value
