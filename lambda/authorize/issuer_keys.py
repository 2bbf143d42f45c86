"""The public keys of an issuer, from the address in its metadata (OpenID Connect Discovery 1.0)."""

import json
import ssl
import time
import urllib.request
from collections.abc import Mapping
from typing import Any

import jwt

METADATA = "/.well-known/openid-configuration"
# The seconds for which keys are used, and the least seconds between two fetches because of an unknown key.
KEPT, BETWEEN = 3600.0, 60.0
_TIMEOUT = 5.0
_MOST_BYTES = 1_000_000


class IssuerKeys:
    """The keys of `issuer`, fetched at the first use, once an hour, and for an unknown key at most once a minute.

    Without this limit, a caller with tokens of an unknown key could make the function fetch the keys for each request.
    """

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._keys: dict[str, Any] = {}
        self._at = float("-inf")

    def key(self, header: Mapping[str, Any]) -> Any:
        """The key for a token with this header; raises `LookupError`."""
        id, age = str(header.get("kid", "")), time.monotonic() - self._at
        if age > KEPT or (id not in self._keys and age > BETWEEN):
            self._fetch()
        return self._keys[id]

    def _fetch(self) -> None:
        # Both requests share it, because it reads all certificate authorities.
        trust = ssl.create_default_context()
        try:
            address = str(_fetched(self._issuer.rstrip("/") + METADATA, trust)["jwks_uri"])
            secure = address.startswith("https://") or not self._issuer.startswith("https://")
            if not secure:
                raise LookupError("The issuer's keys are not at an https address.")
            given = jwt.PyJWKSet.from_dict(_fetched(address, trust))
        except (OSError, ValueError, KeyError, jwt.PyJWTError) as error:
            raise LookupError(f"The issuer's keys could not be read: {type(error).__name__}.") from None
        self._keys = {str(key.key_id or ""): key for key in given.keys if key.public_key_use in (None, "sig")}
        self._at = time.monotonic()


def _fetched(address: str, trust: ssl.SSLContext) -> dict[str, Any]:
    # The address is from the settings, or from the metadata at that address.
    with urllib.request.urlopen(address, timeout=_TIMEOUT, context=trust) as response:  # noqa: S310
        content: dict[str, Any] = json.loads(response.read(_MOST_BYTES))
    return content
