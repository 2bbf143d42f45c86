"""The meaning of a failed TLS connection: an untrusted certificate, or an answer that never came."""

import pytest
import requests

from mlcommons.errors import ProvisioningError, Unanswered, Untrusted
from mlcommons.transport import HttpTransport, Request


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer", Untrusted),
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", Untrusted),
        ("EOF occurred in violation of protocol", Unanswered),
        ("[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC] decryption failed or bad record mac", Unanswered),
        ("[SSL: UNEXPECTED_MESSAGE] unexpected message", Unanswered),
        ("[SSL: RECORD_LAYER_FAILURE] record layer failure", Unanswered),
        ("[SSL: SSLV3_ALERT_BAD_CERTIFICATE] sslv3 alert bad certificate", Untrusted),
        ("certificate verify failed: Hostname mismatch, certificate is not valid for 'a'", Untrusted),
    ],
)
def test_a_connection_that_breaks_is_no_untrusted_certificate(
    said: str, meaning: type[ProvisioningError], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise requests.exceptions.SSLError(said)

    monkeypatch.setattr(requests.Session, "request", fails)
    with pytest.raises(meaning):
        HttpTransport("https://engine.example.com").send(Request("GET", "/"), 1)
