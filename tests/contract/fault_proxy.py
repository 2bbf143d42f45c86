"""A proxy in front of a real engine that spoils exchanges, with real sockets, real TLS and a simulated clock.

Requests are counted from 1. A `Fault` begins at one of them and ends after it, after some seconds, or never. Waiting
advances the clock instead of taking time: thirty seconds of silence take a fraction of a second.
"""

import contextlib
import json
import os
import socket
import ssl
import struct
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

from mlcommons import HttpTransport, Request, Response

_REAL_SILENCE = 0.15  # how long a caller really waits for an answer that does not come
_REAL_ANSWER = 60.0


@dataclass
class Clock:
    """A clock that advances when the kernel sleeps.

    A sleep that waits for the engine itself also takes a little real time.
    """

    now: float = 0.0
    on_sleep: Callable[[], float] = lambda: 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        time.sleep(min(seconds, self.on_sleep()))


@dataclass(frozen=True)
class Spoiled:
    """How an exchange is spoiled: `done` is whether the engine carries the request out, `answer` what the caller gets.

    Without an answer, the connection is reset. `kept` is the part of the engine's own answer that arrives, complete or
    `torn` off by the end of the connection. `silent` is for how many seconds nothing arrives before the engine's
    answer; a caller that has not given up until then has `heard` it.
    """

    done: bool
    answer: Response | None = None
    kept: float | None = None
    torn: bool = False
    silent: float = 0.0
    heard: bool = False


@dataclass(frozen=True)
class Fault:
    """A fault: it ends after `seconds`, or, without them, after one request.

    With `refused`, nothing listens. With `blocked`, the engine itself blocks writes.
    """

    name: str
    spoil: Callable[[int], Spoiled] | None = None
    seconds: float = 0.0
    refused: bool = False
    blocked: bool = False


@dataclass
class Proxy:
    """Listens at `url` and forwards to `engine`; `begin` sets a fault for the exchanges that follow."""

    engine: HttpTransport
    ca: str
    certificate: tuple[str, str]
    block: Callable[[bool], None]
    clock: Clock = field(default_factory=Clock)
    count: int = 0
    met: int = 0

    def __post_init__(self) -> None:
        self._fault: Fault | None = None
        self._first, self._until, self._lasting = 0, 0.0, False
        self._spoiled: Spoiled | None = None
        self._blocking = False
        self._turn = threading.Lock()
        self._handled = threading.Event()
        self._upstream = requests.Session()
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(*self.certificate)
        self._server: _Server | None = None
        self._port = 0
        self.clock.on_sleep = self._slept
        self._listen()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._port}"

    def begin(self, fault: Fault | None = None, first: int = 1, *, lasting: bool = False) -> None:
        """Count requests from the next one on, and spoil from request number `first` on."""
        self.end()
        self.count = self.met = 0
        self._fault, self._first, self._lasting = fault, first, lasting

    def end(self) -> None:
        """End the fault; returns when the engine has finished its current work."""
        self._fault = self._spoiled = None
        self._lift()
        self._listen()
        with self._turn:
            return

    def close(self) -> None:
        """Stop listening and end all connections, like a node that goes down."""
        if self._server is not None:
            server, self._server = self._server, None
            server.shutdown()
            server.server_close()
            server.hang_up()

    def carry(self, transport: HttpTransport, request: Request, timeout: float) -> Response:
        """Send a request as the kernel does; `timeout` is in seconds of the simulated clock."""
        self.count += 1
        self._spoiled = self._next(timeout)
        silent = self._spoiled.silent if self._spoiled else 0.0
        given_up = silent >= timeout
        self._handled.clear()
        try:
            return transport.send(request, _REAL_SILENCE if given_up else _REAL_ANSWER)
        finally:
            self.clock.now += min(silent, timeout)
            if given_up:
                # On a busy machine, the caller gives up before the engine is asked: then the fault would hit the next
                # request instead, and the engine would carry this one out after it.
                self._handled.wait(_REAL_ANSWER)

    def answer(self, handler: "_Handler", body: bytes) -> None:
        """Answer one exchange, on the server's side."""
        with self._turn:
            spoiled = self._spoiled
            reply = self._forward(handler, body) if spoiled is None or spoiled.done else None
            self._handled.set()
        if reply is not None and (spoiled is None or spoiled.heard):
            handler.reply(reply.status_code, dict(reply.headers), reply.content)
        elif spoiled and spoiled.answer:
            content = spoiled.answer.body if isinstance(spoiled.answer.body, str) else json.dumps(spoiled.answer.body)
            handler.reply(spoiled.answer.status, dict(spoiled.answer.headers), content.encode())
        elif reply is not None and spoiled and spoiled.kept:
            part = reply.content[: int(len(reply.content) * spoiled.kept)]
            announced = len(reply.content) if spoiled.torn else len(part)
            handler.reply(reply.status_code, dict(reply.headers), part, announced)
        elif spoiled and spoiled.silent:
            handler.wait_for_hanging_up()
        else:
            handler.reset()

    def _next(self, timeout: float) -> Spoiled | None:
        """How the request that the caller is about to send is spoiled; None when it is not."""
        fault = self._fault
        if fault is None or self.count < self._first:
            return None
        if self.met == 0:
            self._until = self.clock.now + fault.seconds
        if not self._lasting and (self.clock.now >= self._until if fault.seconds else self.met > 0):
            return None
        self.met += 1
        if fault.refused:
            self.close()
        if fault.blocked and not self._blocking:
            self._blocking = True
            self.block(True)
        spoiled = fault.spoil(self.met) if fault.spoil else None
        return replace(spoiled, heard=spoiled.silent < timeout) if spoiled and spoiled.silent else spoiled

    def _slept(self) -> float:
        """End a fault whose time is over; returns for how many real seconds the sleeper sleeps."""
        if self._fault and not self._lasting and self.clock.now >= self._until:
            self._lift()
            self._listen()
        return 0.2 if self._spoiled is None and not self._blocking and self._server else 0.0

    def _listen(self) -> None:
        if self._server is None:
            self._server = _Server(("127.0.0.1", self._port), _Handler)
            self._server.proxy, self._server.tls = self, self._tls
            self._port = self._server.server_port
            threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True).start()

    def _lift(self) -> None:
        if self._blocking:
            self._blocking = False
            self.block(False)

    def _forward(self, handler: "_Handler", body: bytes) -> requests.Response:
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in ("host", "connection")}
        headers["Accept-Encoding"] = "identity"
        url = self.engine.endpoint + handler.path
        return self._upstream.request(
            handler.command, url, data=body or None, headers=headers, verify=self.ca, timeout=_REAL_ANSWER
        )


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    proxy: Proxy
    tls: ssl.SSLContext

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        wrapped = self.tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        self._connections().append(wrapped)
        return wrapped, address

    def hang_up(self) -> None:
        for connection in self._connections():
            _reset(connection)

    def _connections(self) -> list[socket.socket]:
        connections: list[socket.socket] = self.__dict__.setdefault("connections", [])
        return connections

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a broken connection is what the tests provoke
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.proxy.answer(self, body)

    do_GET = do_PUT = do_PATCH = do_DELETE = do_POST

    def reply(self, status: int, headers: dict[str, str], content: bytes, announced: int | None = None) -> None:
        """Write an answer; when it announces more bytes than it has, end the connection."""
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
        kept = {
            name: value for name, value in headers.items() if name.lower() in ("content-type", "retry-after", "date")
        }
        lines += [f"{name}: {value}" for name, value in kept.items()]
        lines.append(f"Content-Length: {len(content) if announced is None else announced}")
        self.wfile.write("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
        self.close_connection = announced is not None and announced > len(content)

    def reset(self) -> None:
        self.close_connection = True
        _reset(self.connection)

    def wait_for_hanging_up(self) -> None:
        self.close_connection = True
        self.connection.settimeout(_REAL_ANSWER)
        with contextlib.suppress(OSError):
            self.connection.recv(1)

    def log_message(self, *_: Any) -> None:
        return


def _reset(connection: socket.socket) -> None:
    """Close with RST instead of FIN."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(connection.detach())
