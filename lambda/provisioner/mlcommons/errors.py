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

A message is one sentence or two: what was tried on what, what came back, what to do. The hint comes last and
the middle gives way, because CloudFormation shows the last 240 characters of a reason (crhelper 2.0.12).
"""

LONGEST_REASON = 240


class ProvisioningError(Exception):
    """Base of all errors.

    `tried` names the action and its object, `cause` what came back, `hint` what to do about it. `str()` joins
    them into at most 240 characters; `cause` keeps the whole text.
    """

    status: int | None = None
    retry_after: float | None = None

    def __init__(self, tried: str, cause: str = "", hint: str = "") -> None:
        super().__init__(tried, cause, hint)
        self.tried = tried
        self.cause = cause
        self.hint = hint

    def __str__(self) -> str:
        room = LONGEST_REASON - len(self.tried) - len(self.hint) - 4
        cause = _shortened(self.cause.strip().rstrip("."), max(room, 40))
        sentence = f"{self.tried}: {cause}." if cause else f"{self.tried}."
        return f"{sentence} {self.hint}".strip()


class InvalidSpec(ProvisioningError):
    """The specification is wrong. Nothing was sent to the engine; correct the template."""


class Refused(ProvisioningError):
    """A permission is missing: of the caller (IAM or role mapping) or of a role it passes on."""


class Rejected(ProvisioningError):
    """The engine understood the request and refused its content."""


class NotFound(ProvisioningError):
    """The object itself is missing. A missing domain or a proxy's 404 is `Unreachable`."""


class Conflict(ProvisioningError):
    """Another object, or another request at the same moment, is in the way."""


class NotOurs(Conflict):
    """The object exists and carries another owner's mark, or none. It is left alone."""


class Throttled(ProvisioningError):
    """The engine or the provider asked for fewer requests."""


class Blocked(ProvisioningError):
    """A block lies on the cluster or the index (read-only, disk full, recovering). No permission lifts it."""


class Unreachable(ProvisioningError):
    """No engine at the address: refused, unknown, or something else answers there."""


class Untrusted(Unreachable):
    """TLS says that this is not the engine. Nothing was sent."""


class Unanswered(Unreachable):
    """The request left and no answer came back, so it may have been carried out."""


class Failed(ProvisioningError):
    """The engine, or the provider behind a connector, answered with a 5xx, or is about to be ready for this."""


class Unready(ProvisioningError):
    """The object is there and does not do its work: not deployed, no answer, or not as written."""


def _shortened(text: str, room: int) -> str:
    if len(text) <= room:
        return text
    return text[: room - 1].rstrip() + "…"
