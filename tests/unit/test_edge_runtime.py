"""The streaming runtime, started as Lambda does, against a server that plays the Runtime API and reads every byte."""

import base64
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.waiting import PATIENCE

pytestmark = pytest.mark.thorough

ASSET = Path(__file__).parents[2] / "lambda" / "ask"
PATH = "/2018-06-01/runtime"
LEFT = 600_000  # milliseconds

HANDLER = """
import json, os, time
from reply import HandlerResponse

closed, kept = [], []

def pieces(gate):
    yield b"one"
    yield b""
    while gate and not os.path.exists(gate):
        time.sleep(0.01)
    yield "zwei \u00fc".encode()

def broken():
    yield b"one"
    raise ValueError("words of a request")

def endless():
    try:
        while True:
            yield b"x" * 1000
            time.sleep(0.01)
    finally:
        closed.append(True)

def answer(event, context):
    print("called")
    match event["do"]:
        case "stream":
            return HandlerResponse(201, {"Content-Type": "text/plain"}, pieces(event.get("gate")))
        case "break":
            return HandlerResponse(200, {}, broken())
        case "raise":
            raise KeyError("words of a request")
        case "endless":
            kept.append(endless())
            return HandlerResponse(200, {}, kept[0])
        case "after":
            def after():
                while not os.path.exists(event["gate"]):
                    time.sleep(0.01)
                kept.append("stored")
                raise ValueError("words of a request")
            return HandlerResponse(200, {}, pieces(None), after)
        case "tell":
            left = context.get_remaining_time_in_millis()
            told = {"left": left, "id": context.aws_request_id, "arn": context.invoked_function_arn,
                    "memory": context.memory_limit_in_mb, "trace": os.environ.get("_X_AMZN_TRACE_ID"),
                    "closed": closed, "kept": [one for one in kept if one == "stored"]}
            return HandlerResponse(200, {"X": "y"}, [json.dumps(told).encode()])
"""


@dataclass
class Post:
    """A post of the runtime: the request line, the headers by lower-case name, and the chunks."""

    line: str
    headers: dict[str, str]
    raw: bytes
    chunks: list[bytes] = field(default_factory=list)

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)


@dataclass
class Play:
    """One call: the answer to `next`, how many chunks are read, and the status of the answer to the post.

    `gate` is a file that is made when the second chunk has arrived.
    """

    event: dict[str, Any]
    status: int = 202
    chunks: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    gate: Path | None = None


class RuntimeApi:
    """Accepts one connection after another, in the order in which the client makes them."""

    def __init__(self) -> None:
        self.plays: queue.SimpleQueue[Play] = queue.SimpleQueue()
        self.posts: queue.SimpleQueue[Post] = queue.SimpleQueue()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._play = Play({})
        threading.Thread(target=self._listen, daemon=True).start()

    def call(self, play: Play) -> Post:
        self.plays.put(play)
        return self.posts.get(timeout=PATIENCE)

    def close(self) -> None:
        self._listener.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as stream:
                self._take(connection, stream)

    def _take(self, connection: socket.socket, stream: Any) -> None:
        head = []
        while (line := stream.readline()) not in (b"\r\n", b""):
            head.append(line)
        if not head:
            return
        raw = b"".join(head)
        headers = {name.lower(): value.strip() for name, _, value in (item.decode().partition(":") for item in head)}
        if head[0].startswith(b"GET"):
            self._play = self.plays.get()
            event = json.dumps(self._play.event).encode()
            given = {
                "Lambda-Runtime-Aws-Request-Id": "call-1",
                "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + LEFT),
                "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:ask",
                "Content-Length": str(len(event)),
                **self._play.headers,
            }
            lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
            connection.sendall(f"HTTP/1.1 200 OK\r\n{lines}\r\n".encode() + event)
            return
        post = Post(head[0].decode().strip(), headers, raw)
        if headers.get("transfer-encoding") != "chunked":
            post.chunks.append(stream.read(int(headers["content-length"])))
        else:
            while (size := int((line := stream.readline()), 16)) != 0:
                post.raw += line + (data := stream.read(size)) + stream.readline()
                post.chunks.append(data)
                if len(post.chunks) == 2 and self._play.gate:
                    self._play.gate.touch()
                if len(post.chunks) == self._play.chunks:
                    # RST, as from a peer that is gone
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    self.posts.put(post)
                    return
            post.raw += line
            while (line := stream.readline()) != b"\r\n":
                post.raw += line
                name, _, value = line.decode().partition(":")
                post.headers[f"trailer {name.lower()}"] = value.strip()
            post.raw += line
        connection.sendall(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % self._play.status)
        self.posts.put(post)


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("task")
    (folder / "told.py").write_text(HANDLER)
    for module in ("reply.py", "runtime.py", "runtime_api.py"):
        (folder / module).symlink_to(ASSET / module)
    (folder / "stream-runtime").symlink_to(ASSET / "stream-runtime")
    return folder


def started(task: Path, api: RuntimeApi, handler: str) -> "subprocess.Popen[str]":
    environment = {
        "PATH": os.environ["PATH"],
        "LAMBDA_TASK_ROOT": str(task),
        "AWS_LAMBDA_RUNTIME_API": api.address,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "_HANDLER": handler,
    }
    # Lambda passes a wrapper the interpreter and its runtime's own start file as arguments.
    command = [str(task / "stream-runtime"), sys.executable, "/var/runtime/bootstrap.py"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def api() -> Iterator[RuntimeApi]:
    api = RuntimeApi()
    yield api
    api.close()


@pytest.fixture
def runtime(task: Path, api: RuntimeApi) -> Iterator["subprocess.Popen[str]"]:
    process = started(task, api, "told.answer")
    yield process
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_an_answer_is_streamed_byte_for_byte_as_lambda_wants_it_and_piece_by_piece(
    api: RuntimeApi, runtime: "subprocess.Popen[str]", tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    # The handler makes its second piece only when the first one has arrived.
    post = api.call(Play({"do": "stream", "gate": str(gate)}, gate=gate))

    head = b'{"statusCode": 201, "headers": {"Content-Type": "text/plain"}}'
    assert post.raw == (
        b"POST /2018-06-01/runtime/invocation/call-1/response HTTP/1.1\r\n"
        + f"Host: {api.address}\r\n".encode()
        + b"Accept-Encoding: identity\r\n"
        b"Content-Type: application/vnd.awslambda.http-integration-response\r\n"
        b"Lambda-Runtime-Function-Response-Mode: streaming\r\n"
        b"Transfer-Encoding: chunked\r\n"
        b"Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n"
        + b"%x\r\n%b\0\0\0\0\0\0\0\0\r\n" % (len(head) + 8, head)
        + b"3\r\none\r\n"
        + b"7\r\nzwei \xc3\xbc\r\n"
        + b"0\r\n\r\n"
    )
    assert len(post.chunks) == 3


def test_a_direct_call_is_answered_in_one_piece(api: RuntimeApi, runtime: "subprocess.Popen[str]") -> None:
    post = api.call(Play({"do": "stream", "buffered": True}))

    assert post.line == f"POST {PATH}/invocation/call-1/response HTTP/1.1"
    assert "lambda-runtime-function-response-mode" not in post.headers
    assert json.loads(post.body) == {
        "statusCode": 201,
        "headers": {"Content-Type": "text/plain"},
        "body": "onezwei ü",
    }


def test_an_error_in_the_middle_is_in_the_trailers_without_quotes(
    api: RuntimeApi, runtime: "subprocess.Popen[str]"
) -> None:
    post = api.call(Play({"do": "break"}))

    assert post.chunks[-1] == b"one"
    assert post.headers["trailer lambda-runtime-function-error-type"] == "Function.ValueError"
    failure = json.loads(base64.b64decode(post.headers["trailer lambda-runtime-function-error-body"]))
    assert failure["errorType"] == "Function.ValueError"
    assert "words of a request" not in failure["errorMessage"]
    # The end of the connection is the end of the answer, and the runtime takes the next call.
    assert api.call(Play({"do": "stream"})).body.endswith(b"zwei \xc3\xbc")


def test_a_handler_that_raises_is_an_error_of_its_call_only(api: RuntimeApi, runtime: "subprocess.Popen[str]") -> None:
    for call in ({"do": "raise"}, {"do": "raise", "buffered": True}, {"do": "break", "buffered": True}):
        post = api.call(Play(call))
        assert post.line == f"POST {PATH}/invocation/call-1/error HTTP/1.1"
        assert post.headers["lambda-runtime-function-error-type"] in ("Function.KeyError", "Function.ValueError")
        assert b"words of a request" not in post.body
    runtime.send_signal(signal.SIGKILL)
    out, log = runtime.communicate()
    lines = [json.loads(line) for line in log.splitlines()]
    assert [line["error"] for line in lines] == ["KeyError", "KeyError", "ValueError"]
    assert any("told.py" in place for place in lines[0]["places"])
    assert "words of a request" not in log
    assert out == "called\n" * 3, "what a handler prints does not wait for a full buffer"


@pytest.mark.parametrize("more", [{}, {"buffered": True}])
def test_work_after_the_answer_is_done_before_the_next_call_and_its_failure_is_nobodys(
    api: RuntimeApi, runtime: "subprocess.Popen[str]", tmp_path: Path, more: dict[str, Any]
) -> None:
    gate = tmp_path / "gate"
    # The whole answer arrives although the work cannot end.
    api.call(Play({"do": "after", "gate": str(gate), **more}))
    gate.touch()
    body = json.loads(json.loads(api.call(Play({"do": "tell", "buffered": True})).body)["body"])
    assert body["kept"] == ["stored"]
    runtime.send_signal(signal.SIGKILL)
    _, log = runtime.communicate()
    (line,) = [json.loads(line) for line in log.splitlines()]
    assert (line["message"], line["error"]) == ("The work after the answer failed.", "ValueError")


def test_a_caller_that_goes_away_ends_the_answer(api: RuntimeApi, runtime: "subprocess.Popen[str]") -> None:
    post = api.call(Play({"do": "endless"}, chunks=3))
    assert len(post.chunks) == 3

    body = json.loads(json.loads(api.call(Play({"do": "tell", "buffered": True})).body)["body"])
    assert body["closed"] == [True]


def test_the_context_tells_the_deadline_and_the_trace_is_of_this_call_only(
    api: RuntimeApi, runtime: "subprocess.Popen[str]"
) -> None:
    traced = Play({"do": "tell", "buffered": True}, headers={"Lambda-Runtime-Trace-Id": "Root=1-a;Sampled=0"})
    body = json.loads(json.loads(api.call(traced).body)["body"])
    assert LEFT - 1000 * PATIENCE < body["left"] <= LEFT
    assert body["id"] == "call-1"
    assert body["arn"].endswith(":function:ask")
    assert body["memory"] == 512
    assert body["trace"] == "Root=1-a;Sampled=0"
    body = json.loads(json.loads(api.call(Play({"do": "tell", "buffered": True})).body)["body"])
    assert body["trace"] is None


def test_a_refused_answer_ends_its_call_and_a_broken_environment_ends_the_process(
    api: RuntimeApi, runtime: "subprocess.Popen[str]"
) -> None:
    api.call(Play({"do": "stream", "buffered": True}, status=413))
    api.call(Play({"do": "stream"}, status=400))
    api.call(Play({"do": "stream"}, status=500))
    assert runtime.wait(PATIENCE) != 0


@pytest.mark.parametrize("handler", ["nowhere.answer", "told.nothing"])
def test_a_handler_that_cannot_be_loaded_is_reported_at_once(task: Path, api: RuntimeApi, handler: str) -> None:
    process = started(task, api, handler)
    post = api.posts.get(timeout=PATIENCE)
    _, log = process.communicate(timeout=PATIENCE)

    assert post.line == f"POST {PATH}/init/error HTTP/1.1"
    assert post.headers["lambda-runtime-function-error-type"] == json.loads(post.body)["errorType"]
    assert json.loads(post.body)["errorType"] in ("Function.ModuleNotFoundError", "Function.AttributeError")
    assert process.returncode == 1
    assert "could not be loaded" in log
