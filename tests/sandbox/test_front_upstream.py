"""A request to the process behind the front, when the first connection fails."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sandbox.certificates import Certificates
from sandbox.front.listener import Listener
from sandbox.front.refusal import EngineUnreachable
from sandbox.front.request import FrontResponse
from sandbox.front.upstream import Upstream

# The fatal alert "internal error" of TLS.
ALERT = bytes([21, 3, 3, 0, 2, 2, 80])


@contextmanager
def giving_up(handshakes: int, to: int) -> Iterator[int]:
    """A port that breaks off that many handshakes, and after that forwards to the port `to`."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for _ in range(handshakes):
                with server.accept()[0] as caller:
                    caller.recv(65536)
                    caller.sendall(ALERT)
            caller, other = server.accept()[0], socket.create_connection(("127.0.0.1", to))
            threading.Thread(target=relay, args=(other, caller), daemon=True).start()
            relay(caller, other)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def relay(source: socket.socket, target: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            target.sendall(piece)
    except OSError:
        return


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """The engine's port, and the file of its CA."""
    made = Certificates(tmp_path / "tls")
    made.make()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(made.certificate("node"), made.key("node"))
    opened = Listener(0, lambda _: FrontResponse(200, (), b"here"), tls)
    yield opened.port, made.ca
    opened.close()


def test_a_handshake_that_is_given_up_is_tried_once_more(engine: tuple[int, Path]) -> None:
    port, ca = engine
    with giving_up(1, port) as given:
        upstream = Upstream(f"https://127.0.0.1:{given}", EngineUnreachable, ca=str(ca))
        assert upstream.send("GET", "/", (), b"").body == b"here"
        upstream.close()


@pytest.mark.parametrize(("method", "handshakes"), [("GET", 2), ("POST", 1)])
def test_a_handshake_is_retried_once_and_only_for_requests_that_may_be_repeated(
    engine: tuple[int, Path], method: str, handshakes: int
) -> None:
    port, ca = engine
    with giving_up(handshakes, port) as given:
        upstream = Upstream(f"https://127.0.0.1:{given}", EngineUnreachable, ca=str(ca))
        with pytest.raises(EngineUnreachable, match="SSLError"):
            upstream.send(method, "/", (), b"")
        upstream.close()
