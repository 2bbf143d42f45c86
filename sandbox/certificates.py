"""The local cloud's own certificate authority and the certificates it signs.

Amazon's endpoints have only TLS, and the security plugin requires TLS between nodes. One CA signs all certificates.
"""

import datetime
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.domain_hosts import SUFFIX
from sandbox.front.url_rewriter import MODEL_HOSTS

LIFETIME = datetime.timedelta(days=365)
# A local cloud that starts works at least this long.
LEFT = datetime.timedelta(days=180)
# The host names of each certificate, in addition to those of this machine.
HOSTS: dict[str, set[str]] = {"node": set(), "admin": set(), "server": {f"*.{SUFFIX}"}, "models": set(MODEL_HOSTS)}


@dataclass(frozen=True)
class Certificates:
    """PEM files in one folder. Keys are PKCS#8, as the security plugin requires."""

    folder: Path

    @property
    def ca(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def bundle(self) -> Path:
        """The machine's trusted roots and our CA, for clients that read only one file of roots."""
        return self.folder / "bundle.pem"

    def certificate(self, name: str) -> Path:
        """The certificate of `node` (the engine), `admin` (its administrator), `server` (AWS and front) or `models`."""
        return self.folder / f"{name}.pem"

    def key(self, name: str) -> Path:
        return self.folder / f"{name}.key"

    def make(self) -> None:
        """Makes all certificates and keys, unless all exist, name their hosts and do not end soon.

        The CA's own key is not kept.
        """
        if self.bundle.exists() and all(self.key(name).exists() and self._serves(name) for name in HOSTS):
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        authority_key = ec.generate_private_key(ec.SECP256R1())
        authority_name = _name("local cloud CA")
        authority = (
            _builder(authority_name, authority_name, authority_key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
            .sign(authority_key, hashes.SHA256())
        )
        _write(self.ca, _pem(authority))
        for name in HOSTS:
            self._issue(name, authority_name, authority_key)
        _write(self.bundle, _machine_roots().read_bytes() + b"\n" + _pem(authority))

    def _serves(self, name: str) -> bool:
        certificate = x509.load_pem_x509_certificate(self.certificate(name).read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        lasts = certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC) > LEFT
        return lasts and HOSTS[name] <= set(names.get_values_for_type(x509.DNSName))

    def _issue(self, name: str, issuer: x509.Name, issuer_key: ec.EllipticCurvePrivateKey) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        names: list[x509.GeneralName] = [
            x509.DNSName("localhost"),
            x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
            *(x509.DNSName(host) for host in sorted(HOSTS[name])),
        ]
        certificate = (
            _builder(_name(name), issuer, key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
            .sign(issuer_key, hashes.SHA256())
        )
        _write(self.certificate(name), _pem(certificate))
        plain = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _write(self.key(name), plain, mode=0o600)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "osml"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "sandbox"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + LIFETIME)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    # Python 3.13 verifies strictly: a CA needs keyCertSign, and a leaf needs an authority key identifier.
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _machine_roots() -> Path:
    return Path(os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE") or certifi.where())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: Path, content: bytes, mode: int = 0o644) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
