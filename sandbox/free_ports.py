"""Ports that nothing uses."""

import contextlib
import secrets
import socket
from collections.abc import Iterable

# Below the ports that Linux (from 32768 on) and macOS (from 49152 on) give to outgoing connections. Such a port stays
# free until its process binds it, and while that process is started again.
_RANGE = range(10_000, 20_000)


def free_ports(count: int) -> list[int]:
    """So many different ports, found by binding them."""
    with contextlib.ExitStack() as stack:
        drawn = secrets.SystemRandom().sample(_RANGE, len(_RANGE))
        bound = (stack.enter_context(bound) for port in drawn if (bound := _bound(port)))
        return [listener.getsockname()[1] for listener, _ in zip(bound, range(count), strict=False)]


def are_free(ports: Iterable[int]) -> bool:
    """Whether all of these ports are free."""
    with contextlib.ExitStack() as stack:
        return all((bound := _bound(port)) and stack.enter_context(bound) for port in ports)


def _bound(port: int) -> socket.socket | None:
    """A socket on the port; None if the port is used."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        return None
    return listener
