"""Ports for the processes of a local cloud."""

import socket

from sandbox.free_ports import are_free, free_ports


def test_they_differ_and_no_outgoing_connection_gets_them() -> None:
    ports = free_ports(6)
    assert len(set(ports)) == 6
    # Linux gives the ports from 32768 on to outgoing connections, macOS those from 49152 on.
    assert max(ports) < 32768
    assert are_free(ports)


def test_a_port_that_is_bound_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert not are_free([*free_ports(1), port])
    assert are_free([port])
