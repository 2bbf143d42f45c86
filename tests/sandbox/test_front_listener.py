from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.front.egress import Egress
from sandbox.front.engine import EngineConnections
from sandbox.front.ledger import Ledger
from sandbox.front.listener import Listener
from sandbox.front.refusal import EngineUnreachable, ModelsUnreachable
from sandbox.front.request import FrontRequest, FrontResponse
from sandbox.front.upstream import Upstream


def _echo(request: FrontRequest) -> FrontResponse:
    if request.path == "/broken":
        raise RuntimeError("a secret in a traceback")
    return FrontResponse(200, (("X-Method", request.method),), request.body, 7 if request.method == "HEAD" else None)


@pytest.fixture
def listener() -> Iterator[Listener]:
    opened = Listener(0, _echo)
    yield opened
    opened.close()


def test_one_connection_carries_many_requests(listener: Listener) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=60)
    for number in range(3):
        connection.request("POST", "/", body=str(number))
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (200, str(number).encode())
    connection.request("HEAD", "/")
    answer = connection.getresponse()
    assert (answer.getheader("content-length"), answer.read()) == ("7", b"")
    connection.close()


def test_a_failure_of_the_front_shows_no_reason_to_the_client(listener: Listener) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=60)
    connection.request("GET", "/broken")
    answer = connection.getresponse()
    assert answer.status == 500
    assert b"secret" not in answer.read()


def test_silent_clients_stop_nobody(listener: Listener) -> None:
    silent = [socket.create_connection(("127.0.0.1", listener.port)) for _ in range(20)]

    def ask(_: int) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=60)
        connection.request("GET", "/")
        return connection.getresponse().status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(32))) == {200}
    for connection in silent:
        connection.close()


def test_closing_cuts_open_connections_and_frees_the_port(listener: Listener) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=60)
    connection.request("GET", "/")
    connection.getresponse().read()
    listener.close()
    assert connection.sock.recv(1) == b""
    Listener(listener.port, _echo).close()


def test_what_is_behind_the_front_and_does_not_answer() -> None:
    engine = EngineConnections.at("https://127.0.0.1:9", "/no/ca.pem", "/no/cert.pem", "/no/key.pem")
    with pytest.raises(EngineUnreachable, match=r"GET /_search was sent to https://127\.0\.0\.1:9") as refused:
        engine.forward(FrontRequest("GET", "/_search?q=private", ()), "arn:aws:iam::1:role/x")
    assert refused.value.status == 503
    egress = Egress(Ledger(), Upstream("http://127.0.0.1:9", ModelsUnreachable), ("api.deepseek.com",))
    with pytest.raises(ModelsUnreachable):
        egress.respond(FrontRequest("POST", "/_aws/api.deepseek.com/v1/chat/completions", ()))
