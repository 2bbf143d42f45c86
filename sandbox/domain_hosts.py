"""Host names of domains. As on Amazon, they contain the domain's name, and clients read it from there."""

import base64
import hashlib
import ipaddress
import socket
from collections.abc import Callable

# RFC 6761 lets every name below `localhost` be this machine; systemd's resolver, macOS 26, browsers and curl do so.
SUFFIX = "es.localhost"
LOOPBACK = "127.0.0.1"
Resolve = Callable[[str], list[str]]


def addresses(name: str) -> list[str]:
    """The IPv4 addresses to which a name resolves on this machine; empty if it does not resolve."""
    try:
        infos = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        return []
    return [str(address[0]) for *_, address in infos]


def host(name: str, arn: str, resolve: Resolve = addresses) -> str:
    """`search-<name>-<id>.es.localhost` if that name resolves to this machine, otherwise 127.0.0.1.

    The id is derived from the ARN: a domain that is made again has the same host name.
    """
    identifier = base64.b32encode(hashlib.sha256(arn.encode()).digest()).decode().lower()[:26]
    label = f"search-{name}-{identifier}.{SUFFIX}"
    resolved = resolve(label)
    return label if resolved and all(ipaddress.ip_address(address).is_loopback for address in resolved) else LOOPBACK
