"""The functions' proxy, with requests that no model host needs."""

import socket
import ssl
from collections.abc import Iterator

import pytest

from sandbox.cloud.egress_proxy import LONGEST_LINE, EgressProxy


@pytest.fixture
def egress_proxy() -> Iterator[EgressProxy]:
    opened = EgressProxy(0, ("api.example",), "http://127.0.0.1:1", ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    yield opened
    opened.close()


def said(egress_proxy: EgressProxy, request: bytes) -> str:
    """Everything that is received until the connection ends."""
    with socket.create_connection(("127.0.0.1", egress_proxy.port), timeout=60) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        heard = b""
        while piece := connection.recv(4096):
            heard += piece
    return heard.decode()


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("CONNECT example.com:443", "example.com was asked for"),
        ("CONNECT api.example:80", "api.example was asked for"),
        ("CONNECT api.example.com:443", "api.example.com was asked for"),
        ("GET http://api.example/", "http://api.example/ was asked for"),
    ],
)
def test_refuses_with_one_sentence(egress_proxy: EgressProxy, line: str, named: str) -> None:
    answer = said(egress_proxy, f"{line} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    sentence = f"Functions of the local cloud reach api.example and nothing else outside; {named}."
    assert answer.startswith(f"HTTP/1.1 403 {sentence}\r\n")
    assert answer.endswith(f"\r\n\r\n{sentence}")


@pytest.mark.parametrize("host", ["api.example:443", "API.Example:443"])
def test_the_proxy_connects_to_a_model_host(egress_proxy: EgressProxy, host: str) -> None:
    # The tunnel is open, and ends because no TLS follows in it.
    answer = said(egress_proxy, f"CONNECT {host} HTTP/1.1\r\n\r\n".encode())
    assert answer.startswith("HTTP/1.1 200 Connection established\r\n\r\n")


@pytest.mark.parametrize("request_head", [b"CONNECT\r\n\r\n", b"x" * (LONGEST_LINE + 10)])
def test_ends_a_connection_that_asks_for_nothing(egress_proxy: EgressProxy, request_head: bytes) -> None:
    try:
        assert said(egress_proxy, request_head) == ""
    except ConnectionResetError:
        assert len(request_head) > LONGEST_LINE
