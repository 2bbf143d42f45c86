"""The local CA: a strict client trusts the server's certificate, and none that another CA signed."""

import socket
import ssl
import stat
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from sandbox.certificates import HOSTS, LEFT, Certificates


def handshake(server: Certificates, client: Certificates, host: str) -> str:
    """The TLS version that both ends agree on; raises ssl.SSLError when the client does not trust the server."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(server.certificate("server"), server.key("server"))
    trusting = ssl.create_default_context(cafile=str(client.ca))
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            with serving.wrap_socket(theirs, server_side=True):
                pass
        except (ssl.SSLError, OSError):
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with trusting.wrap_socket(ours, server_hostname=host) as wrapped:
            return str(wrapped.version())
    finally:
        ours.close()
        thread.join()


@pytest.fixture
def made(tmp_path: Path) -> Certificates:
    certificates = Certificates(tmp_path / "tls")
    certificates.make()
    return certificates


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "search-passages-abc.es.localhost"])
def test_a_strict_client_trusts_the_server(made: Certificates, host: str) -> None:
    assert handshake(made, made, host) == "TLSv1.3"


@pytest.mark.parametrize(("name", "trusted"), [("models", True), ("server", False)])
def test_one_certificate_stands_for_the_model_hosts(made: Certificates, name: str, trusted: bool) -> None:
    certificate = x509.load_pem_x509_certificate(made.certificate(name).read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert ("api.deepseek.com" in names.get_values_for_type(x509.DNSName)) is trusted


def test_all_are_created_again_when_one_is_missing(made: Certificates) -> None:
    before = made.ca.read_bytes()
    made.key("models").unlink()
    made.make()
    assert made.ca.read_bytes() != before
    assert handshake(made, made, "127.0.0.1") == "TLSv1.3"


def test_all_are_created_again_when_one_lacks_a_host(made: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    before = made.ca.read_bytes()
    monkeypatch.setitem(HOSTS, "server", {*HOSTS["server"], "added.example"})
    made.make()
    assert made.ca.read_bytes() != before
    assert handshake(made, made, "added.example") == "TLSv1.3"


@pytest.mark.parametrize("lifetime", [timedelta(seconds=-1), LEFT])
def test_all_are_created_again_when_they_have_ended_or_end_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lifetime: timedelta
) -> None:
    certificates = Certificates(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("sandbox.certificates.LIFETIME", lifetime)
        certificates.make()
    before = certificates.ca.read_bytes()
    certificates.make()
    assert certificates.ca.read_bytes() != before
    assert handshake(certificates, certificates, "127.0.0.1") == "TLSv1.3"


def test_another_ca_is_not_trusted(made: Certificates, tmp_path: Path) -> None:
    other = Certificates(tmp_path / "other")
    other.make()
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(made, other, "127.0.0.1")


def test_keys_are_for_the_owner_only_and_kept(made: Certificates) -> None:
    assert stat.S_IMODE(made.key("admin").stat().st_mode) == 0o600
    before = made.ca.read_bytes()
    made.make()
    assert made.ca.read_bytes() == before


def test_the_bundle_holds_the_machines_roots_and_ours(made: Certificates) -> None:
    bundle = made.bundle.read_bytes()
    assert made.ca.read_bytes() in bundle
    assert bundle.count(b"BEGIN CERTIFICATE") > 10
