"""The public keys of an issuer, from the address in its metadata (OpenID Connect Discovery 1.0)."""

import json
import ssl
import time
import urllib.request
from collections.abc import Mapping
from typing import Any

import jwt

METADATA = "/.well-known/openid-configuration"
# The seconds after which keys are fetched again, and for which they are used while the issuer does not answer.
KEPT, LONGEST = 3600.0, 86_400.0
# The least seconds from one fetch to the next: after one that succeeded, and after one that failed.
BETWEEN, AGAIN = 60.0, 10.0
_TIMEOUT = 5.0
_MOST_BYTES = 1_000_000


class IssuerKeys:
    """The keys of `issuer`, fetched at the first use, once an hour, and for an unknown key at most once a minute.

    Without this limit, a caller with tokens of an unknown key could make the function fetch the keys for each request.
    While the issuer does not answer, it is asked every ten seconds at most, and the keys are used for up to a day.
    """

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._keys: dict[str, Any] = {}
        self._at = self._next = float("-inf")

    def key(self, header: Mapping[str, Any]) -> Any:
        """The key for a token with this header; raises `LookupError`."""
        id, now = str(header.get("kid", "")), time.monotonic()
        if now >= self._next and (now - self._at > KEPT or id not in self._keys):
            self._next = now + AGAIN
            try:
                self._fetch()
            except LookupError:
                if id not in self._keys:
                    raise
            else:
                self._at, self._next = now, now + BETWEEN
        if now - self._at > LONGEST:
            raise LookupError("The issuer has not answered for a day.")
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


def _fetched(address: str, trust: ssl.SSLContext) -> dict[str, Any]:
    # The address is from the settings, or from the metadata at that address.
    with urllib.request.urlopen(address, timeout=_TIMEOUT, context=trust) as response:  # noqa: S310
        content: dict[str, Any] = json.loads(response.read(_MOST_BYTES))
    return content
