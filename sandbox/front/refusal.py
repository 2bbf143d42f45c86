"""The front's refusals of requests, each with the status and body of AWS or ml-commons.

Refusal
├── MalformedRequest            400  the front cannot read it as HTTP
├── BodyTooLarge                413
├── SignatureRefusal            403  {"message": …}
│   ├── IncompleteSignature
│   ├── WrongScope
│   ├── SignatureExpired
│   ├── SignatureMismatch
│   ├── SignatureReplayed
│   ├── UnknownKey              raised by the authority
│   └── InvalidToken            raised by the authority
├── AccessDenied                403  {"Message": …}
├── ConnectorRefusal            400  the error body of ml-commons
│   ├── UntrustedUrl
│   ├── WrongCredential
│   └── SecretMissing           raised by the authority
├── CollectionRefusal           an answer of OpenSearch Serverless
│   ├── CollectionForbidden     403  one body for every cause; the log contains the cause
│   ├── UnsupportedOperation    404  without a body
│   └── InvalidArgument         400  the error body of the engine
├── NotOffered                  501  Amazon has it, the local cloud does not
├── ProviderRefusal             the status and error type of the model's provider
├── UnknownHost                 502  the local cloud does not emulate the host
└── BackendUnreachable          503  {"Message": …}
    ├── EngineUnreachable
    └── ModelsUnreachable
"""

from __future__ import annotations

import json
import uuid
from typing import Any


class Refusal(Exception):
    """The base class of all refusals. `str()` is the message for the client."""

    status: int = 400

    def headers(self) -> tuple[tuple[str, str], ...]:
        return ()

    def body(self) -> dict[str, Any]:
        return {"Message": str(self)}

    def encoded(self) -> bytes:
        return json.dumps(self.body(), ensure_ascii=False).encode()


class MalformedRequest(Refusal):
    """The bytes are not an HTTP/1.1 request that can be passed on."""


class BodyTooLarge(Refusal):
    """The body is larger than the engine accepts."""

    status = 413


class SignatureRefusal(Refusal):
    """The signature does not prove the caller's identity."""

    status = 403

    def body(self) -> dict[str, Any]:
        return {"message": str(self)}


class IncompleteSignature(SignatureRefusal):
    """A part of the Authorization header or of the presigned query is missing or not signed."""


class WrongScope(SignatureRefusal):
    """The credential scope names another date, region, service or terminator."""


class SignatureExpired(SignatureRefusal):
    """The request was signed too long ago, or in the future."""


class SignatureMismatch(SignatureRefusal):
    """The request differs from the signed one, or was signed with another secret key."""

    def __init__(self) -> None:
        super().__init__(
            "The request signature we calculated does not match the signature you provided. Check your AWS "
            "Secret Access Key and signing method. Consult the service documentation for details."
        )


class SignatureReplayed(SignatureRefusal):
    """The same signed request came before. Amazon accepts such a request until its date is too old."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"This very signature was received {seconds:.0f} s ago: the request looks replayed. Sign every request "
            "anew, retries too."
        )


class UnknownKey(SignatureRefusal):
    """The access key does not exist."""

    def __init__(self, *_: object) -> None:
        super().__init__("The security token included in the request is invalid.")


class InvalidToken(SignatureRefusal):
    """The session token is missing, expired, or belongs to another key."""

    def __init__(self, *_: object, expired: bool = False) -> None:
        verdict = "expired" if expired else "invalid."
        super().__init__(f"The security token included in the request is {verdict}")


class AccessDenied(Refusal):
    """IAM does not permit the caller this action."""

    status = 403


def _of_engine(kind: str, reason: str, status: int) -> dict[str, Any]:
    cause = {"type": kind, "reason": reason}
    return {"error": {"root_cause": [cause], **cause}, "status": status}


class ConnectorRefusal(Refusal):
    """The managed service would refuse the connector."""

    def body(self) -> dict[str, Any]:
        return _of_engine("illegal_argument_exception", str(self), self.status)


class UntrustedUrl(ConnectorRefusal):
    """The URL matches none of the domain's trusted endpoints."""

    def __init__(self) -> None:
        # This is the exact answer of ml-commons 3.4.0.
        super().__init__("Connector URL is not matching the trusted connector endpoint regex")


class WrongCredential(ConnectorRefusal):
    """The credential block names a secret or key that cannot be resolved."""


class SecretMissing(ConnectorRefusal):
    """Secrets Manager has no such secret, or the secret has no value."""

    def __init__(self, secret_arn: str) -> None:
        super().__init__(f"Secrets Manager can't find the specified secret {secret_arn}, or it has no current value.")


class CollectionRefusal(Refusal):
    """An answer of OpenSearch Serverless itself, before the request reaches an index."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.request_id = str(uuid.uuid4())

    def headers(self) -> tuple[tuple[str, str], ...]:
        return (("server", "aoss-amazon"), ("x-request-id", self.request_id))


class CollectionForbidden(CollectionRefusal):
    """The signature, IAM, a network policy or a data access policy refuses the request.

    Amazon's answer does not name the cause; `str()` does.
    """

    status = 403

    def body(self) -> dict[str, Any]:
        error = {"reason": "403 Forbidden", "type": "Forbidden"}
        return {"status": self.status, "request-id": self.request_id, "error": error}


class UnsupportedOperation(CollectionRefusal):
    """A path of OpenSearch that OpenSearch Serverless lacks."""

    status = 404

    def encoded(self) -> bytes:
        return b""


class InvalidArgument(CollectionRefusal):
    """A part of the request that OpenSearch Serverless does not accept."""

    def __init__(self, reason: str, kind: str = "illegal_argument_exception") -> None:
        super().__init__(reason)
        self.kind = kind

    def body(self) -> dict[str, Any]:
        return _of_engine(self.kind, str(self), self.status)


class NotOffered(Refusal):
    """Amazon has this feature; the local cloud does not."""

    status = 501


class ProviderRefusal(Refusal):
    """An answer of SageMaker or Bedrock that refuses a call."""

    def __init__(self, status: int, kind: str, sentence: str, key: str = "message") -> None:
        super().__init__(sentence)
        self.status, self.kind, self.key = status, kind, key

    def headers(self) -> tuple[tuple[str, str], ...]:
        return (("x-amzn-ErrorType", self.kind),)

    def body(self) -> dict[str, Any]:
        return {self.key: str(self)}


class UnknownHost(Refusal):
    """A connector calls a host that the local cloud does not emulate."""

    status = 502


class BackendUnreachable(Refusal):
    """A process of the local cloud that the front calls does not answer."""

    status = 503


class EngineUnreachable(BackendUnreachable):
    """The OpenSearch engine does not answer."""


class ModelsUnreachable(BackendUnreachable):
    """The model endpoints do not answer."""
