"""Everything that can go wrong, as one tree.

    ProvisioningError
    ├── InvalidSpec        the specification itself is wrong; nothing was sent
    ├── Refused            401, 403: the caller, or a role it passes, lacks a permission
    ├── Rejected           400: the engine understood and said no
    ├── NotFound           404 about the object itself
    ├── Conflict           409: something else is in the way
    │   └── NotOurs        the object exists and belongs to another owner
    ├── Throttled          429: too many requests
    ├── Blocked            403, 429, 500, 503: the cluster takes no writes for now, whoever asks
    ├── Unreachable        no answer, or an answer that is not the engine's
    │   ├── Untrusted      the other side's certificate is not the one it should have
    │   └── Unanswered     the request may have been carried out: look before repeating it
    ├── Failed             5xx: the engine or the provider behind it broke; or it is not ready for the request
    └── Unready            written, but it does not work (yet)

A message is one sentence or two: what was tried on what, what came back, what to do. Each error carries a cause.
"""

from mlcommons.cause import Cause


class ProvisioningError(Exception):
    """Base of all errors.

    `tried` names the action and its object, `reason` what came back, `hint` what to do about it; `str()` joins them.
    `cause` is that of the class unless one is given.
    """

    cause: Cause = "unexplained"
    status: int | None = None
    retry_after: float | None = None

    def __init__(self, tried: str, reason: str = "", hint: str = "", cause: Cause | None = None) -> None:
        super().__init__(tried, reason, hint)
        self.tried = tried
        self.reason = reason
        self.hint = hint
        self.cause = cause or self.cause

    def __str__(self) -> str:
        reason = self.reason.strip().rstrip(".")
        sentence = f"{self.tried}: {reason}." if reason else f"{self.tried}."
        return f"{sentence} {self.hint}".strip()


class InvalidSpec(ProvisioningError):
    """The specification is wrong. Nothing was sent to the engine; correct the template."""

    cause = "invalid-spec"


class Refused(ProvisioningError):
    """A permission is missing: of the caller (IAM or role mapping) or of a role it passes on."""

    cause = "request-refused"


class Rejected(ProvisioningError):
    """The engine understood the request and refused its content."""

    cause = "request-rejected"


class NotFound(ProvisioningError):
    """The object itself is missing. A missing domain or a proxy's 404 is `Unreachable`."""

    cause = "not-found"


class Conflict(ProvisioningError):
    """Another object, or another request at the same moment, is in the way."""

    cause: Cause = "conflict"


class NotOurs(Conflict):
    """The object exists and carries another owner's mark, or none. It is left alone."""

    cause = "not-ours"


class Throttled(ProvisioningError):
    """The engine or the provider asked for fewer requests."""

    cause = "throttled"


class Blocked(ProvisioningError):
    """A block lies on the cluster or the index (read-only, disk full, recovering). No permission lifts it."""

    cause = "writes-blocked"


class Unreachable(ProvisioningError):
    """No engine at the address: refused, unknown, or something else answers there."""

    cause: Cause = "engine-unreachable"


class Untrusted(Unreachable):
    """TLS says that this is not the engine. Nothing was sent."""

    cause = "engine-untrusted"


class Unanswered(Unreachable):
    """The request left and no answer came back, so it may have been carried out."""

    cause = "unanswered"


class Failed(ProvisioningError):
    """The engine, or the provider behind a connector, answered with a 5xx, or is about to be ready for this."""

    cause = "request-failed"


class Unready(ProvisioningError):
    """The object is there and does not do its work: not deployed, no answer, or not as written."""

    cause = "not-ready"
