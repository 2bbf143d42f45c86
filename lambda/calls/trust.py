"""Whom TLS connections trust, read once: for each connection `requests` reads all authorities again, for 30 ms."""

import os
import ssl
from functools import cache
from typing import Any

from requests import PreparedRequest
from requests.adapters import DEFAULT_CA_BUNDLE_PATH, HTTPAdapter
from urllib3.util.ssl_ import create_urllib3_context


class SharedTrust(HTTPAdapter):
    """Connections with one TLS context for all that trust the same authorities.

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
        # It has the connection read the authorities.
        if not verify:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call] # of types-requests


@cache
def trusting(authorities: str) -> ssl.SSLContext:
    """What checks servers by these authorities, the path of a file or folder."""
    context = create_urllib3_context()
    if os.path.isdir(authorities):
        context.load_verify_locations(capath=authorities)
    else:
        context.load_verify_locations(cafile=authorities)
    return context
