"""Which addresses a source's session reaches."""

import socket
from ipaddress import ip_network
from typing import Any

import pytest
import requests

from sources.web.guard import guarded_session, may_be_reached
from tests.website_server import website


@pytest.mark.parametrize(
    ("address", "reached"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("169.254.169.254", False),
        ("169.254.170.2", False),
        ("fd00:ec2::254", False),
        ("::ffff:169.254.169.254", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("2002:a9fe:a9fe::1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("100.64.0.1", False),
        ("127.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
    ],
)
def test_only_public_addresses_are_reached(address: str, reached: bool) -> None:
    assert may_be_reached(address, []) is reached


def test_a_named_range_is_reached_and_link_local_addresses_never_are() -> None:
    assert may_be_reached("10.1.2.3", [ip_network("10.0.0.0/8")])
    assert not may_be_reached("192.168.1.1", [ip_network("10.0.0.0/8")])
    assert not may_be_reached("169.254.169.254", [ip_network("0.0.0.0/0")])


def test_a_name_is_resolved_once_and_the_address_that_was_checked_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["127.0.0.1", "169.254.169.254"])
    resolve = socket.getaddrinfo

    def changing(host: str, *rest: Any, **more: Any) -> Any:
        return resolve(next(answers) if host == "rebinding.example" else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", changing)
    with website() as site:
        site.page("/", "<p>Here.</p>")
        port = site.url.rpartition(":")[2]
        session = guarded_session(["127.0.0.0/8"], "osml")
        assert session.get(f"http://rebinding.example:{port}/").text == "<p>Here.</p>"
        with pytest.raises(requests.ConnectionError, match="not public"):
            guarded_session(["127.0.0.0/8"], "osml").get(f"http://rebinding.example:{port}/")


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with website() as site:
        site.page("/", "<p>Here.</p>")
        assert guarded_session(["127.0.0.0/8"], "osml").get(site.url).ok
