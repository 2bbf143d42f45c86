"""External identity providers on this machine: `oidc-provider` and `samlp` of Node.js, with the test's own people."""

import datetime
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from osml.deploy.node import with_node
from sandbox.free_ports import free_ports
from tests.node_packages import installed
from tests.waiting import PATIENCE

HERE = Path(__file__).with_name("providers")
FILES = [HERE / name for name in ("package.json", "package-lock.json", "providers.mjs")]
CLIENT, SECRET = "user-pool", "only-for-tests-of-this-machine"


@dataclass(frozen=True)
class IdentityProviders:
    """The addresses of both providers, and the pool's client credentials at the provider of OpenID Connect."""

    issuer: str
    client_id: str = CLIENT
    client_secret: str = SECRET

    @property
    def metadata_url(self) -> str:
        return f"{self.issuer}/saml/metadata"


@contextmanager
def running(
    domain: str, people: Mapping[str, Mapping[str, Any]], tls: tuple[Path, Path], work: Path
) -> Iterator[IdentityProviders]:
    """Run both providers, over https, for a pool whose domain has the address `domain`."""
    cert, key = _signing_pair(work)
    (port,) = free_ports(1)
    arguments = {
        "port": port,
        "people": people,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "redirect_uris": [f"{domain}/oauth2/idpresponse"],
        "acs": f"{domain}/saml2/idpresponse",
        "saml_cert": str(cert),
        "saml_key": str(key),
        "tls_cert": str(tls[0]),
        "tls_key": str(tls[1]),
    }
    folder, node = installed("identity-providers", FILES), with_node(os.environ)
    process = subprocess.Popen(
        [str(shutil.which("node", path=node["PATH"])), str(folder / "providers.mjs")],
        env={**node, "OSML_PROVIDERS": json.dumps(arguments)},
        stdout=subprocess.PIPE,
        stderr=(work / "providers.log").open("wb"),
        text=True,
    )
    try:
        assert process.stdout is not None
        while process.stdout.readline().strip() != "ready":
            assert process.poll() is None, (work / "providers.log").read_text()
        yield IdentityProviders(f"https://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _signing_pair(folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate and its key, which sign assertions."""
    key, now = rsa.generate_private_key(65537, 2048), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "partner")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now)
    certificate = builder.not_valid_after(now + datetime.timedelta(days=1)).sign(key, SHA256())
    paths = folder / "partner.pem", folder / "partner.key"
    paths[0].write_bytes(certificate.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths
