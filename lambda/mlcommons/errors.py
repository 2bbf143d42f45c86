"""All errors, as one tree.

    ProvisioningError
    ├── InvalidSpec        the specification itself is wrong; nothing was sent
    ├── PermissionMissing  401, 403: the caller, or a role that it passes, lacks a permission
    ├── Rejected           400: the engine understood the request and refused it
    ├── NotFound           404 about the object itself
    ├── Conflict           409: another object or request conflicts
    │   └── NotOurs        the object exists and belongs to another owner
    ├── EngineThrottled    429: too many requests
    ├── Blocked            403, 429, 500, 503: the cluster takes no writes at present, from anybody
    ├── Unreachable        no answer, or an answer that is not the engine's
    │   ├── Untrusted      the other side has a wrong certificate
    │   └── Unanswered     the request may have been carried out: look before repeating it
    ├── EngineFailed       5xx: the engine or the provider behind it failed, or is not ready for the request
    └── Unready            written, but it does not work (yet)

A message is one or two sentences: what was tried on which object, what came back, what to do. Each error has a cause.
"""

from mlcommons.cause import Cause


class ProvisioningError(Exception):
    """Base of all errors.

    `tried` names the action and its object, `reason` the answer, `hint` what to do; `str()` joins them. Without
    `cause`, the error has the cause of its class.
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


class PermissionMissing(ProvisioningError):
    """A permission is missing: of the caller (IAM or role mapping) or of a role that it passes."""

    cause = "request-refused"


class Rejected(ProvisioningError):
    """The engine understood the request and refused its content."""

    cause = "request-rejected"


class NotFound(ProvisioningError):
    """The object itself is missing. A missing domain or a proxy's 404 is `Unreachable`."""

    cause = "not-found"


class Conflict(ProvisioningError):
    """Another object, or another request at the same moment, conflicts."""

    cause: Cause = "conflict"


class NotOurs(Conflict):
    """The object exists and has another owner's mark, or none. It is not changed."""

    cause = "not-ours"


class EngineThrottled(ProvisioningError):
    """The engine or the provider asked for fewer requests."""

    cause = "throttled"


class Blocked(ProvisioningError):
    """The cluster or the index is blocked (read-only, disk full, recovering). No permission removes a block."""

    cause = "writes-blocked"


class Unreachable(ProvisioningError):
    """No engine at the address: the connection is refused, the name is unknown, or another program answers."""

    cause: Cause = "engine-unreachable"


class Untrusted(Unreachable):
    """The certificate is not the engine's, so TLS ended the connection. Nothing was sent."""

    cause = "engine-untrusted"


class Unanswered(Unreachable):
    """The request was sent and no answer came back, so it may have been carried out."""

    cause = "unanswered"


class EngineFailed(ProvisioningError):
    """The engine, or the provider behind a connector, answered with a 5xx, or is not ready yet."""

    cause = "request-failed"


class Unready(ProvisioningError):
    """The object exists but does not work: it is not deployed, does not answer, or is not as written."""

    cause = "not-ready"
