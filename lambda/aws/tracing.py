"""Traces: subsegments of AWS X-Ray. Each is one datagram to the daemon that Lambda runs next to the function.

No SDK: see docs/decisions/0019-traces.md. Operators of the account can read everything in a trace. So a trace contains
no text of a question, an answer or an error. Without a daemon, or for a call that is not sampled, nothing is sent.

Sources: X-Ray developer guide, "X-Ray segment documents" and "Sending trace data to X-Ray"; Lambda developer guide,
"Visualize Lambda function invocations using AWS X-Ray".
"""

import contextlib
import json
import os
import re
import secrets
import socket
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

TRACE, DAEMON = "_X_AMZN_TRACE_ID", "AWS_XRAY_DAEMON_ADDRESS"
_HEADER = b'{"format": "json", "version": 1}\n'
# The W3C header for the caller's own trace: version, trace, span, flags. https://www.w3.org/TR/trace-context/
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_NOT_IN_NAMES = re.compile(r"[^\w\s.:/%&#=+\\\-@]")
_LONGEST_NAME = 200


@dataclass(frozen=True)
class _Place:
    """The place of a subsegment: its trace, and the segment around it."""

    trace: str
    parent: str


_around: ContextVar[_Place | None] = ContextVar("around", default=None)


@contextlib.contextmanager
def subsegment(name: str, *, remote: bool = False, caller: str | None = None) -> Iterator[None]:
    """Record the work within this context as a part of the trace; `remote` if another service does it.

    `caller` is the caller's `traceparent`, with which X-Ray can then find the trace. An exception is marked as a fault,
    without its text.
    """
    around = _around.get()
    place = around or _place_of(os.environ.get(TRACE, ""))
    if place is None or not os.environ.get(DAEMON):
        yield
        return
    id, began, fault = secrets.token_hex(8), time.time(), False
    _around.set(_Place(place.trace, id))
    try:
        yield
    except Exception:
        fault = True
        raise
    finally:
        # Not reset by a token, because a generator may be closed in another context than the one it began in.
        _around.set(around)
        _send(
            {
                "type": "subsegment",
                "name": _NOT_IN_NAMES.sub("", name)[:_LONGEST_NAME],
                "id": id,
                "trace_id": place.trace,
                "parent_id": place.parent,
                "start_time": began,
                "end_time": time.time(),
                **({"namespace": "remote"} if remote else {}),
                **({"fault": True} if fault else {}),
                **({"annotations": {"caller": caller}} if caller and _TRACEPARENT.fullmatch(caller) else {}),
            }
        )


def _place_of(header: str) -> _Place | None:
    """The trace that Lambda names, or None if the call is not sampled: `Root=1-…;Parent=…;Sampled=1`."""
    parts = dict(part.split("=", 1) for part in header.split(";") if "=" in part)
    if parts.get("Sampled") != "1" or not parts.get("Root") or not parts.get("Parent"):
        return None
    return _Place(parts["Root"], parts["Parent"])


def _send(document: Mapping[str, Any]) -> None:
    # `host:port`, or `tcp:host:port udp:host:port`.
    address = os.environ[DAEMON].rpartition("udp:")[2].split()[0]
    host, _, port = address.rpartition(":")
    # A trace that cannot be sent must not cause a failure.
    with contextlib.suppress(OSError, ValueError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.sendto(_HEADER + json.dumps(document).encode(), (host, int(port)))
