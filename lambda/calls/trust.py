"""Reads the trusted TLS authorities once; by default, `requests` reads all of them for each connection, in 30 ms."""

import os
import ssl
from functools import cache
from typing import Any

from requests import PreparedRequest
from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter
from urllib3.util.ssl_ import create_urllib3_context


class SharedTrust(HTTPAdapter):
    """An adapter whose connections share one TLS context if they trust the same authorities.

    `verify` is True or the path of a file or folder, as in `requests`.
    """

    def build_connection_pool_key_attributes(self, request: PreparedRequest, verify: Any, cert: Any = None) -> Any:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        shared: dict[str, Any] = {**pool}
        if verify and host["scheme"] == "https":
            for name in ("ca_certs", "ca_cert_dir"):
                shared.pop(name, None)
            shared["ssl_context"] = trusting(DEFAULT_CA_BUNDLE_PATH if verify is True else verify)
        return host, shared

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        # The base method would make the connection read the authorities again.
        if not verify:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call] # of types-requests


@cache
def trusting(authorities: str) -> ssl.SSLContext:
    """The TLS context that trusts these authorities, the path of a file or folder."""
    context = create_urllib3_context()
    if os.path.isdir(authorities):
        context.load_verify_locations(capath=authorities)
    else:
        context.load_verify_locations(cafile=authorities)
    return context
