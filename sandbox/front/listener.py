"""A listening socket on 127.0.0.1, with or without TLS; it has one thread per connection."""

from __future__ import annotations

import json
import logging
import socket
import ssl
import threading
from collections.abc import Callable

from sandbox.front.refusal import BodyTooLarge, MalformedRequest, Refusal
from sandbox.front.request import FrontRequest, FrontResponse
from sandbox.front.wire import keeps_alive, read_request, write_answer

logger = logging.getLogger(__name__)

Respond = Callable[[FrontRequest], FrontResponse]
# Longer than a client's pause between two requests, but short enough to free the threads of idle connections.
_IDLE_SECONDS = 180.0


class Listener:
    """Answers every request on one port with `respond`, until `close`.

    With `port` 0 it takes any free port; `self.port` is the actual port. Raises OSError if the port is in use.
    """

    def __init__(self, port: int, respond: Respond, tls: ssl.SSLContext | None = None) -> None:
        self._respond = respond
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._acceptor = threading.Thread(target=self._accept, name=f"listener-{self.port}", daemon=True)
        self._acceptor.start()

    def close(self) -> None:
        """Stop accepting, and close the open connections."""
        with self._lock:
            self._closed = True
            connections = list(self._open)
        # shutdown() wakes a blocked accept(); close() does not.
        for connection in (self._socket, *connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                logger.debug("connection on port %s was already gone", self.port)
        self._socket.close()
        self._acceptor.join(timeout=5)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                if self._closed:
                    return
                logger.exception("port %s could not accept a connection", self.port)
                continue
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        connection = plain
        try:
            plain.settimeout(_IDLE_SECONDS)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                # The handshake is in this thread. In the thread of accept(), one silent client would block all others.
                connection = self._tls.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
                connection.do_handshake()
            with self._lock:
                if self._closed:
                    return
                self._open.add(connection)
            self._converse(connection)
        except (OSError, ValueError) as gone:
            logger.debug("connection on port %s ended: %s", self.port, gone)
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _converse(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as source, connection.makefile("wb") as sink:
            while True:
                try:
                    request = read_request(source, sink)
                except (MalformedRequest, BodyTooLarge) as refusal:
                    write_answer(sink, answer_of(refusal), close=True)
                    return
                if request is None:
                    return
                close = not keeps_alive(request)
                write_answer(sink, self._answer(request), head=request.method == "HEAD", close=close)
                if close:
                    return

    def _answer(self, request: FrontRequest) -> FrontResponse:
        try:
            return self._respond(request)
        except Refusal as refusal:
            logger.info("%s %s refused: %s", request.method, request.path, refusal)
            return answer_of(refusal)
        except Exception:
            logger.exception("%s %s failed in the front", request.method, request.path)
            body = json.dumps({"Message": "The front failed on this request; its log holds the reason."})
            return FrontResponse(500, (("Content-Type", "application/json"),), body.encode())


def answer_of(refusal: Refusal) -> FrontResponse:
    """The answer to the client that a refusal describes."""
    return FrontResponse(refusal.status, (("Content-Type", "application/json"), *refusal.headers()), refusal.encoded())
