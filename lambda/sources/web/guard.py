"""A session that reaches only public addresses, whatever a name resolves to, and ranges that the settings allow.

A function in AWS can reach everything that its network can. Without this session, a page could lead it to the address
that gives out credentials, or to a server within the VPC. The address is checked when the connection is made, so a name
that resolves differently a moment later cannot evade the check.
"""

import ipaddress
import socket
from collections.abc import Sequence
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# IPv6 ranges whose addresses contain an IPv4 address: NAT64 translators, 6to4 and Teredo.
_CARRYING = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))


class ForbiddenAddress(NewConnectionError):
    """The name resolves to an address that must not be reached."""


def may_be_reached(address: str, networks: Sequence[Network]) -> bool:
    """Whether an address is public, or within one of the `networks`."""
    reached: Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(reached, ipaddress.IPv6Address) and reached.ipv4_mapped:
        reached = reached.ipv4_mapped
    if reached.is_link_local or reached.is_multicast or reached.is_unspecified:
        return False
    if any(reached.version == network.version and reached in network for network in networks):
        return True
    carries = any(reached.version == network.version and reached in network for network in _CARRYING)
    return reached.is_global and not carries


def guarded_session(networks: Sequence[str], agent: str, connections: int = 1) -> requests.Session:
    """A session with `agent` as its User-Agent, for `connections` threads; it ignores proxies of the environment."""
    session = requests.Session()
    session.trust_env = False
    session.headers["User-Agent"] = agent
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter(networks, connections))
    return session


def guarded_pool(networks: Sequence[str], **options: Any) -> PoolManager:
    """A PoolManager of urllib3 that connects only to public addresses and to `networks`."""
    allowed = [ipaddress.ip_network(network) for network in networks]

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, super()._new_conn, allowed)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, super()._new_conn, allowed)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    made = PoolManager(**options)
    made.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
    return made


class _Adapter(HTTPAdapter):
    def __init__(self, networks: Sequence[str], connections: int) -> None:
        self._networks = networks
        super().__init__(pool_maxsize=connections)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: Any) -> None:
        self.poolmanager = guarded_pool(self._networks, num_pools=connections, maxsize=maxsize, block=block, **options)


def _connected(connection: Any, connect: Any, networks: Sequence[Network]) -> socket.socket:
    """Connect to the first address of the name that may be reached. Raises ForbiddenAddress if there is none."""
    name = connection._dns_host
    try:
        resolved = socket.getaddrinfo(name, connection.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NewConnectionError(connection, f"the name {name} is not resolved: {error}") from None
    addresses = [str(entry[4][0]) for entry in resolved]
    good = next((address for address in addresses if may_be_reached(address, networks)), None)
    if good is None:
        raise ForbiddenAddress(connection, f"{name} has the address {addresses[0]}, which is not public")
    # The certificate is still checked for the name.
    connection._dns_host = good
    try:
        made: socket.socket = connect()
    finally:
        connection._dns_host = name
    return made
