"""All failures as one tree; each has an HTTP status and a cause, a code that never changes.

RagFailure          500
├── Invalid         400  the request is wrong; nothing was done
│   ├── TooLarge    413
│   └── WrongType   415
├── Forbidden       403  the caller is known, and may not do this
├── Absent          404  the document, or the caller's conversation, does not exist
├── QuotaExceeded   429  the caller has used their quota; `retry_after` says when they may ask again
├── Throttled       429  the engine or the model asks for fewer requests; `retry_after` says when
├── Unavailable     503  the engine or the model is down or unreachable; `retry_after` says when
├── Starting        503  the model was stopped because it was not used; `retry_after` says when it answers again
├── TimedOut        504  no answer within the time limit
└── Broken          502  an answer that cannot be used
    └── AssistantRefused 500  the assistant itself lacks a permission, a key or a setting
"""

from math import ceil
from typing import Literal

Cause = Literal[
    "answer-unusable",
    "body-not-json",
    "body-too-large",
    "endpoint-too-slow",
    "invalid-request",
    "key-refused",
    "model-starting",
    "not-allowed",
    "not-found",
    "not-signed-in",
    "quota-exceeded",
    "request-refused",
    "throttled",
    "unavailable",
    "unexplained",
]

_SOON = 2


class RagFailure(Exception):
    """Base of all failures.

    `message` is for the caller: what was tried, what came back, what to do; it contains no address, ARN or secret.
    `said` is for the log: the text that the other side sent. `cause` is for the caller, a code of `Cause`; it defaults
    to that of the class. `asked_to_wait` is the time in seconds that the other side asked for. `retry_after` is in
    whole seconds, for the header.
    """

    status = 500
    cause: Cause = "unexplained"
    retry_after: int | None = None

    def __init__(
        self, message: str, said: str = "", asked_to_wait: float | None = None, cause: Cause | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.said = said
        self.cause = cause or self.cause
        self.asked_to_wait = asked_to_wait
        if asked_to_wait is not None and self.retry_after is not None:
            self.retry_after = max(1, ceil(asked_to_wait))


class Invalid(RagFailure):
    """The request breaks a rule of the API; nothing was done."""

    status = 400
    cause: Cause = "invalid-request"


class TooLarge(Invalid):
    """The body is larger than this environment's limit."""

    status = 413
    cause = "body-too-large"


class WrongType(Invalid):
    """The body is not JSON."""

    status = 415
    cause = "body-not-json"


class Forbidden(RagFailure):
    """The caller is known, but none of their roles or groups allows this; nothing was done."""

    status = 403
    cause = "not-allowed"


class Absent(RagFailure):
    """The document or conversation does not exist, or belongs to another caller."""

    status = 404
    cause = "not-found"


class QuotaExceeded(RagFailure):
    """The caller has used their quota of questions for the day, or of tokens for the month; nothing was done."""

    status = 429
    cause = "quota-exceeded"
    retry_after = 1


class Throttled(RagFailure):
    """The other side asked for fewer requests, and no retry succeeded in time."""

    status = 429
    cause = "throttled"
    retry_after = _SOON


class Unavailable(RagFailure):
    """The other side is down, starting or unreachable."""

    status = 503
    cause = "unavailable"
    retry_after = _SOON


class Starting(RagFailure):
    """The model was stopped because it was not used, and this question starts it. No retry can succeed in time."""

    status = 503
    cause = "model-starting"
    retry_after = _SOON


class TimedOut(RagFailure):
    """The other side took longer than the request may take."""

    status = 504
    cause = "endpoint-too-slow"


class Broken(RagFailure):
    """The other side's answer cannot be used."""

    status = 502
    cause: Cause = "answer-unusable"


class AssistantRefused(Broken):
    """The other side refused the assistant itself: a permission, a key or a setting of the environment is wrong."""

    status = 500
    cause = "request-refused"
