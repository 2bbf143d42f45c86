"""The trusted TLS authorities, which are read once in a process: reading all of them takes 30 ms."""

import os
import ssl
from functools import cache

import certifi
from urllib3.util.ssl_ import create_urllib3_context


@cache
def trusting(authorities: str | None) -> ssl.SSLContext:
    """The TLS context that trusts these authorities, the path of a file or folder; by default those of `certifi`."""
    context, path = create_urllib3_context(), authorities or certifi.where()
    if os.path.isdir(path):
        context.load_verify_locations(capath=path)
    else:
        context.load_verify_locations(cafile=path)
    return context
