"""The proxy for all outgoing calls of functions: calls to model hosts go to the model endpoints, others are refused.

HTTPS clients send it CONNECT. For a model host, the proxy then terminates TLS itself, with a certificate of the local
CA.
"""

import contextlib
import logging
import socket
import ssl
import threading
from collections.abc import Collection
from typing import BinaryIO

import urllib3
from urllib3.exceptions import HTTPError

from sandbox.front.refusal import BodyTooLarge, MalformedRequest
from sandbox.front.request import HOP_BY_HOP, FrontRequest
from sandbox.front.url_rewriter import SECURE
from sandbox.front.wire import keeps_alive, read_request

logger = logging.getLogger("sandbox.cloud.egress_proxy")

IDLE_SECONDS = 180.0
# The longest wait for the next piece of a model's answer. No function runs that long.
MODEL_SECONDS = 960.0
LONGEST_LINE = 8192


class EgressProxy:
    """Listens on 127.0.0.1 until `close`. Raises OSError if the port is in use."""

    def __init__(self, port: int, hosts: Collection[str], models_url: str, tls: ssl.SSLContext) -> None:
        """Listens at once.

        Args:
            port: The port; 0 for any free one.
            hosts: The model hosts, in lower case.
            models_url: The address of the model endpoints.
            tls: A server context with a certificate for `hosts`.
        """
        self._hosts = hosts
        self._tls = tls
        self._models_url = models_url
        self._models = urllib3.connection_from_url(
            models_url, maxsize=64, retries=False, timeout=urllib3.Timeout(connect=5.0, read=MODEL_SECONDS)
        )
        self._socket = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, name="way-out", daemon=True).start()

    def close(self) -> None:
        """Stop accepting connections. Open connections end when their functions end."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._models.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        connection = plain
        try:
            plain.settimeout(IDLE_SECONDS)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            method, target = _request_line(plain)
            host, _, port = target.rpartition(":")
            if method != "CONNECT" or host.lower() not in self._hosts or port != "443":
                plain.sendall(_answer(403, self._refusal(host if method == "CONNECT" else target)))
                return
            plain.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            connection = self._tls.wrap_socket(plain, server_side=True)
            self._converse(connection, host.lower())
        except (OSError, ValueError, MalformedRequest, BodyTooLarge, HTTPError) as gone:
            logger.debug("a function's connection ended: %s", gone)
        finally:
            connection.close()

    def _refusal(self, host: str) -> str:
        known = " and ".join(sorted(self._hosts))
        return f"Functions of the local cloud reach {known} and nothing else outside; {host} was asked for."

    def _converse(self, connection: ssl.SSLSocket, host: str) -> None:
        with connection.makefile("rb") as source, connection.makefile("wb") as sink:
            while (request := read_request(source, sink)) is not None:
                if not self._forward(request, host, sink) or not keeps_alive(request):
                    return

    def _forward(self, request: FrontRequest, host: str, sink: BinaryIO) -> bool:
        """Sends the request to the model endpoints and relays the answer; returns whether the answer is complete."""
        headers = urllib3.HTTPHeaderDict()
        for name, value in request.headers:
            if name.lower() not in HOP_BY_HOP:
                headers.add(name, value)
        try:
            answer = self._models.urlopen(
                request.method,
                f"{SECURE}{host}{request.target}",
                request.body or None,
                headers,
                decode_content=False,
                preload_content=False,
                redirect=False,
            )
        except HTTPError as error:
            said = f"The model server {self._models_url} did not answer ({type(error).__name__}): look at its log."
            sink.write(_answer(502, said))
            return False
        try:
            return _relay(answer, request, sink)
        finally:
            # A connection whose answer was not read completely must not be used again.
            answer.close()


def _relay(answer: urllib3.BaseHTTPResponse, request: FrontRequest, sink: BinaryIO) -> bool:
    kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in HOP_BY_HOP]
    lines = [f"HTTP/1.1 {answer.status} {answer.reason or ''}", *(f"{name}: {value}" for name, value in kept)]
    empty = request.method == "HEAD" or answer.status in (204, 304)
    head = [*lines, *([] if empty else ["Transfer-Encoding: chunked"]), "", ""]
    sink.write("\r\n".join(head).encode("latin-1"))
    sink.flush()
    if empty:
        return True
    while piece := answer.read1(65_536):
        sink.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        sink.flush()
    sink.write(b"0\r\n\r\n")
    sink.flush()
    return True


def _request_line(connection: socket.socket) -> tuple[str, str]:
    """The method and the target in the request line. Reads up to the end of the headers, and no further."""
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)
        if not byte or len(head) > LONGEST_LINE:
            raise ValueError("The request's head does not end.")
        head += byte
    method, target, _ = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
    return method, target


def _answer(status: int, sentence: str) -> bytes:
    # Python's clients show only the reason phrase of a proxy's refusal, not its body.
    body = sentence.encode()
    lines = [f"HTTP/1.1 {status} {sentence}", "Content-Type: text/plain; charset=utf-8", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode() + body
