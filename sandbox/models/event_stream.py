"""Amazon's event stream: the binary framing of streamed answers (`application/vnd.amazon.eventstream`).

A message consists of: its length and the length of its headers (4 bytes each, big endian), the CRC-32 of these, the
headers, the payload, and the CRC-32 of everything before. A header consists of: the length of its name (1 byte), the
name, the type 7 for a string, the length of the value (2 bytes), and the value.
Source: AWS SDKs, "Amazon Event Stream Specification" (smithy.io/2.0/aws/amazon-eventstream.html).
"""

import json
import struct
from collections.abc import Iterable, Iterator
from typing import Any
from zlib import crc32

MEDIA_TYPE = "application/vnd.amazon.eventstream"
_STRING = 7
Event = tuple[str, dict[str, Any]]


def json_events(events: Iterable[Event]) -> Iterator[bytes]:
    """The messages for events with JSON payloads. An event is a name and a payload."""
    for name, payload in events:
        yield message(name, json.dumps(payload).encode(), "application/json")


def message(name: str, payload: bytes, content_type: str) -> bytes:
    """The message for one event `name`."""
    headers = b"".join(
        _header(key, value)
        for key, value in ((":event-type", name), (":content-type", content_type), (":message-type", "event"))
    )
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    whole = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return whole + struct.pack(">I", crc32(whole))


def _header(name: str, value: str) -> bytes:
    return struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", _STRING, len(value)) + value.encode()
