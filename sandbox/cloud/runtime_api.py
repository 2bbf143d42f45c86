"""Amazon's Runtime API for one execution environment: it serves one invocation at a time and receives its answer.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html, with response streaming
(https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming).
"""

import base64
import json
import queue
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODE, STREAMING = "Lambda-Runtime-Function-Response-Mode", "streaming"
ERROR_TYPE, ERROR_BODY = "lambda-runtime-function-error-type", "lambda-runtime-function-error-body"
_ANSWER = re.compile(r"/2018-06-01/runtime/invocation/([^/]+)/(response|error)")
NEXT, INIT_ERROR = "/2018-06-01/runtime/invocation/next", "/2018-06-01/runtime/init/error"


@dataclass
class Invocation:
    """One event and its answer. If `hear` is set, it gets the pieces of a streamed answer, and `answer` stays empty.

    `settled` is set as soon as `answer` (the raw body) or `error` (`{"errorMessage", "errorType"}`) is known.
    """

    request_id: str
    event: bytes
    deadline_ms: int
    function_arn: str
    trace_id: str | None = None
    hear: Callable[[bytes], None] | None = None
    answer: bytes | None = None
    streamed: bool = False
    error: dict[str, Any] | None = None
    settled: threading.Event = field(default_factory=threading.Event)

    def fail(self, message: str, kind: str) -> None:
        """Sets the error, unless the invocation is already settled."""
        if not self.settled.is_set():
            self.error = {"errorMessage": message, "errorType": kind}
            self.settled.set()


class RuntimeApiServer:
    """Listens on a free port of 127.0.0.1 until `close`.

    `idle` is set while the runtime waits for an event, and when it has failed to start.
    """

    def __init__(self) -> None:
        self.idle = threading.Event()
        self.init_error: str | None = None
        self.current: Invocation | None = None
        self._pending: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = self
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def offer(self, invocation: Invocation) -> None:
        """Give the runtime its next event. The previous event must be settled."""
        self.current = invocation
        self.idle.clear()
        self._pending.put(invocation)

    def close(self) -> None:
        """Serve no more events, and ignore late answers."""
        self.current = None
        self._pending.put(None)
        self._server.shutdown()
        self._server.server_close()

    def next(self) -> Invocation | None:
        if self.current is None or self.current.settled.is_set():
            self.idle.set()
        return self._pending.get()

    def fail_init(self, message: str) -> None:
        """Notes that the runtime failed to start. The first message is kept."""
        self.init_error = self.init_error or message
        self.idle.set()

    def answering(self, request_id: str) -> Invocation | None:
        """The invocation that an answer belongs to; None for a late or a second answer."""
        invocation = self.current
        if invocation is None or invocation.request_id != request_id or invocation.settled.is_set():
            return None
        return invocation


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    api: RuntimeApiServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Prints nothing: if a runtime ends during a request, its execution environment reports that."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        if self.path != NEXT:
            self._send(404)
            return
        invocation = self.server.api.next()
        if invocation is None:
            self._send(500, b'{"errorMessage": "The execution environment ends."}')
            return
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
        }
        if invocation.trace_id:
            headers["Lambda-Runtime-Trace-Id"] = invocation.trace_id
        self._send(200, invocation.event, headers)

    def do_POST(self) -> None:
        if self.path == INIT_ERROR:
            self.server.api.fail_init(_error(self._whole())["errorMessage"])
            self._send(202)
            return
        match = _ANSWER.fullmatch(self.path)
        invocation = match and self.server.api.answering(match[1])
        if not match or not invocation:
            self._whole()
            wrong = b'{"errorMessage": "Invalid request ID", "errorType": "InvalidRequestID"}'
            self._send(400 if match else 404, wrong if match else b"")
            return
        if match[2] == "error":
            error = _error(self._whole())
            invocation.fail(error["errorMessage"], error["errorType"])
        else:
            self._take(invocation)
        self._send(202)

    def _take(self, invocation: Invocation) -> None:
        streamed = self.headers.get(MODE, "").lower() == STREAMING
        hear = invocation.hear if streamed else None
        kept = bytearray()
        for piece in self._pieces():
            if hear is None:
                kept += piece
            else:
                hear(piece)
        if ERROR_TYPE in self._trailers:
            error = _error(base64.b64decode(self._trailers.get(ERROR_BODY, "")))
            invocation.fail(error["errorMessage"], self._trailers[ERROR_TYPE])
        elif not invocation.settled.is_set():
            invocation.answer, invocation.streamed = bytes(kept), streamed
            invocation.settled.set()

    def _whole(self) -> bytes:
        return b"".join(self._pieces())

    def _pieces(self) -> Iterator[bytes]:
        """The pieces of the body as they arrive, one for each chunk. Raises ConnectionError if the body ends early."""
        self._trailers: dict[str, str] = {}
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            yield self._exactly(int(self.headers.get("Content-Length", 0)))
            return
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            yield self._exactly(size)
            self.rfile.readline()
        while line := self.rfile.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            self._trailers[name.lower()] = value.strip()

    def _exactly(self, size: int) -> bytes:
        data = self.rfile.read(size)
        if len(data) != size:
            raise ConnectionError("The runtime ended before its answer did.")
        return data

    def _send(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        if body:
            self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Prints nothing: the function has its own log."""


def _error(body: bytes) -> dict[str, str]:
    """`{"errorMessage", "errorType"}` for any body that the runtime sends."""
    try:
        given = json.loads(body)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        given = {"errorMessage": body.decode(errors="replace")}
    message = str(given.get("errorMessage") or "no message")
    return {"errorMessage": message, "errorType": str(given.get("errorType") or "Runtime.Unknown")}
