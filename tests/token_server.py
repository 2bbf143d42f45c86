"""An issuer of JSON Web Tokens on this machine: its metadata, its keys, and tokens that it signs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from sandbox.models.json_handler import JsonHandler, serving

METADATA = "/.well-known/openid-configuration"
AUDIENCE = "api://knowledge"


@dataclass
class TokenServer:
    """The issuer's address, its private keys by id, and the number of requests for its public keys."""

    url: str = ""
    private: dict[str, PrivateKeyTypes] = field(default_factory=dict)
    looks: int = 0

    def add(self, id: str, private: PrivateKeyTypes) -> None:
        self.private[id] = private

    def token(self, key: str = "one-key", algorithm: str = "RS256", **claims: Any) -> str:
        now = int(time.time())
        given = {"iss": self.url, "aud": AUDIENCE, "sub": "ada", "exp": now + 600, "iat": now, **claims}
        held = {name: value for name, value in given.items() if value is not None}
        return jwt.encode(held, self.private[key], algorithm=algorithm, headers={"kid": key})  # type: ignore[arg-type]

    @property
    def published(self) -> dict[str, Any]:
        keys = []
        for id, private in self.private.items():
            kind = jwt.algorithms.RSAAlgorithm if isinstance(private, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
            keys.append({**kind.to_jwk(private.public_key(), as_dict=True), "kid": id, "use": "sig"})  # type: ignore
        return {"keys": keys}

    @contextmanager
    def running(self, certificate: tuple[Path, Path] | None = None) -> Iterator[TokenServer]:
        """Serve the issuer until the block ends, over https with a certificate and its key."""
        issuer = self

        class Handler(JsonHandler):
            def do_GET(self) -> None:
                if self.path.endswith(METADATA):
                    self.answer(200, {"issuer": issuer.url, "jwks_uri": f"{issuer.url}/keys"})
                else:
                    issuer.looks += 1
                    self.answer(200, issuer.published)

        with serving(Handler, certificate) as address:
            self.url = f"{address}/tenant"
            yield self
