"""Host names of domains. They carry the domain's name, as Amazon's do: clients read it from there."""

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
    """The IPv4 addresses of a name on this machine; none when it does not resolve."""
    try:
        infos = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        return []
    return [str(address[0]) for *_, address in infos]


def host(name: str, arn: str, resolve: Resolve = addresses) -> str:
    """`search-<name>-<id>.es.localhost` where that is this machine, otherwise 127.0.0.1.

    The id belongs to the ARN, so that a domain that is made again has the same name.
    """
    identifier = base64.b32encode(hashlib.sha256(arn.encode()).digest()).decode().lower()[:26]
    label = f"search-{name}-{identifier}.{SUFFIX}"
    resolved = resolve(label)
    return label if resolved and all(ipaddress.ip_address(address).is_loopback for address in resolved) else LOOPBACK
