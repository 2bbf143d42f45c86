"""Waits until the engine can answer its users."""

from __future__ import annotations

import http.client
import json
import re
import ssl
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sandbox.engine.errors import NotReady

_PAUSE = 0.25  # seconds
_TAIL = 12  # lines
# A frame of a Java stack trace. The error is before the frames, so they are left out.
_FRAME = re.compile(r"\s+(at |\.\.\. \d+ more)")


def ready(
    url: str,
    ca: Path,
    admin_certificate: Path,
    admin_key: Path,
    *,
    within: float = 300.0,
    log: Path | None = None,
    alive: Callable[[], bool] = lambda: True,
) -> None:
    """Return when the cluster is yellow or green, the security plugin is up, and ml-commons answers (if it exists).

    Args:
        url: `https://127.0.0.1:<port>`.
        ca: The PEM file of the CA that signed the engine's certificate.
        admin_certificate: The PEM file with the certificate of the security plugin's administrator.
        admin_key: The PEM file with the administrator's key, without a password.
        within: The longest wait, in seconds.
        log: The engine's log; its last lines go into the error.
        alive: Returns whether the engine's process still runs.

    Raises:
        NotReady: The engine is not ready in time, or its process ended.
    """
    context = ssl.create_default_context(cafile=str(ca))
    context.load_cert_chain(admin_certificate, admin_key)
    end = time.monotonic() + within
    waiting = [_security, _cluster, _machine_learning]
    while True:
        running = alive()
        try:
            while waiting and not (lacking := waiting[0](url, context)):
                waiting.pop(0)
        except (OSError, http.client.HTTPException, ValueError) as failure:
            lacking = f"no answer ({failure})"
        if not waiting:
            return
        if not running:
            raise NotReady(f"The engine at {url} ended before it was ready. {_last_lines(log)}")
        if time.monotonic() > end:
            raise NotReady(f"The engine at {url} was not ready within {within:.0f} s: {lacking}. {_last_lines(log)}")
        time.sleep(_PAUSE)


def _security(url: str, context: ssl.SSLContext) -> str | None:
    status, said = _get(url, "/_plugins/_security/health?mode=strict", context)
    return None if status == 200 and said.get("status") == "UP" else f"the security plugin answers {status}"


def _cluster(url: str, context: ssl.SSLContext) -> str | None:
    status, said = _get(url, "/_cluster/health", context)
    color = said.get("status")
    return None if color in ("yellow", "green") else f"the cluster answers {status} and is {color or 'unknown'}"


def _machine_learning(url: str, context: ssl.SSLContext) -> str | None:
    status, said = _get(url, "/_plugins/_ml/stats", context)
    return None if status == 200 or _is_no_handler(said) else f"ml-commons answers {status}"


def has_ml(url: str, ca: Path, admin_certificate: Path, admin_key: Path) -> bool:
    """Whether a ready engine has the ML plugin. Raises OSError if it does not answer."""
    context = ssl.create_default_context(cafile=str(ca))
    context.load_cert_chain(admin_certificate, admin_key)
    return not _is_no_handler(_get(url, "/_plugins/_ml/stats", context)[1])


def version(url: str, ca: Path, admin_certificate: Path, admin_key: Path) -> str:
    """The version of a ready engine, such as `3.6.0`. Raises OSError if it does not answer."""
    context = ssl.create_default_context(cafile=str(ca))
    context.load_cert_chain(admin_certificate, admin_key)
    return str(_get(url, "/", context)[1]["version"]["number"])


def _is_no_handler(said: dict[str, Any]) -> bool:
    """Whether this is the answer for an unknown path: `{"error": "no handler found for uri […] and method […]"}`."""
    return str(said.get("error", "")).startswith("no handler found")


def _get(url: str, path: str, context: ssl.SSLContext) -> tuple[int, dict[str, Any]]:
    address = urlsplit(url)
    connection = http.client.HTTPSConnection(address.hostname or "", address.port, context=context, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        is_json = "json" in answer.getheader("Content-Type", "")
        return answer.status, json.loads(body) if is_json else {}
    finally:
        connection.close()


def _last_lines(log: Path | None) -> str:
    if not log or not log.is_file():
        return "It wrote no log; what Java said is in the output of its process."
    with log.open(errors="replace") as lines:
        said = deque((line for line in lines if not _FRAME.match(line)), _TAIL)
        return f"{log} ends, without Java's stack frames, with:\n" + "".join(said).rstrip()
