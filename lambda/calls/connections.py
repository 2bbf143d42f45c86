"""HTTPS connections that stay open, through the proxy that the environment variables name for a host."""

import os
from typing import Any
from urllib.parse import unquote, urlsplit

from urllib3 import PoolManager, ProxyManager
from urllib3.util import make_headers

from calls.trust import trusting

# The connections to one host that stay open.
_MOST = 10


class Connections:
    """Pools of connections to hosts that `authorities` have signed, the path of a file or folder."""

    def __init__(self, authorities: str | None) -> None:
        self._options: dict[str, Any] = {"ssl_context": trusting(authorities), "maxsize": _MOST, "retries": False}
        self._by_proxy: dict[str, PoolManager] = {}

    def to(self, url: str) -> PoolManager:
        """The pools that reach `url`."""
        proxy = _proxy(url)
        if proxy not in self._by_proxy:
            self._by_proxy[proxy] = self._through(proxy) if proxy else PoolManager(**self._options)
        return self._by_proxy[proxy]

    def _through(self, proxy: str) -> PoolManager:
        parts = urlsplit(proxy)
        signed_in = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else None
        return ProxyManager(proxy, proxy_headers=make_headers(proxy_basic_auth=signed_in), **self._options)


def _proxy(url: str) -> str:
    """The URL of the proxy for `url`; empty if there is none."""
    if not any(name.lower() in ("https_proxy", "http_proxy", "all_proxy") for name in os.environ):
        return ""
    from urllib.request import getproxies, proxy_bypass

    to, proxies = urlsplit(url), getproxies()
    if proxy_bypass(to.netloc.rpartition("@")[2]):
        return ""
    proxy = proxies.get(to.scheme) or proxies.get("all", "")
    return proxy if "://" in proxy or not proxy else f"http://{proxy}"
