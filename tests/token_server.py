"""An issuer of JSON Web Tokens on this machine: its metadata, its keys, and tokens that it signs."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

METADATA = "/.well-known/openid-configuration"
AUDIENCE = "api://knowledge"


@dataclass
class TokenServer:
    """Its address, its private keys by id, and how often somebody has looked at the public ones."""

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
        """Serves it until the block ends, over https with a certificate and its key."""
        made = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.endswith(METADATA):
                    content: dict[str, Any] = {"issuer": made.url, "jwks_uri": f"{made.url}/keys"}
                else:
                    made.looks += 1
                    content = made.published
                body = json.dumps(content).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}/tenant"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
