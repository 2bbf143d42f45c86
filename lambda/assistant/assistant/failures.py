"""Everything that can go wrong, as one tree; each knows its HTTP status and says itself in sentences for the caller.

Failure             500
├── Invalid         400  the request is wrong: nothing was done
│   ├── TooLarge    413
│   └── WrongType   415
├── Absent          404  no such document, or no such conversation of this caller
├── Throttled       429  the engine or the model asks for fewer requests; `retry_after` says when
├── Unavailable     503  the engine or the model is down or cannot be reached; `retry_after` says when
├── TimedOut        504  no answer in the time there was
└── Broken          502  an answer that cannot be used
    └── Refused     500  the assistant itself lacks a permission, a key or a setting
"""

from math import ceil

_SOON = 2


class Failure(Exception):
    """Base of all failures.

    `message` is for the caller: what was tried, what came back, what to do; it names no address, ARN or secret.
    `cause` is for the log: what the other side said. `asked_to_wait` are the seconds that the other side asked for;
    `retry_after` are whole seconds, for the header.
    """

    status = 500
    retry_after: int | None = None

    def __init__(self, message: str, cause: str = "", asked_to_wait: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.cause = cause
        self.asked_to_wait = asked_to_wait
        if asked_to_wait is not None and self.retry_after is not None:
            self.retry_after = max(1, ceil(asked_to_wait))


class Invalid(Failure):
    """The request breaks a rule of the API. Nothing was done; correct it."""

    status = 400


class TooLarge(Invalid):
    """The body is larger than this environment takes."""

    status = 413


class WrongType(Invalid):
    """The body is not JSON."""

    status = 415


class Absent(Failure):
    """There is no such thing, or it belongs to another caller."""

    status = 404


class Throttled(Failure):
    """The other side asked for fewer requests until the time for this request was used up."""

    status = 429
    retry_after = _SOON


class Unavailable(Failure):
    """The other side is down, starts, or cannot be reached."""

    status = 503
    retry_after = _SOON


class TimedOut(Failure):
    """The other side took longer than the request may take."""

    status = 504


class Broken(Failure):
    """The other side answered, but not with something that can be used."""

    status = 502


class Refused(Broken):
    """The other side refused the assistant itself: a permission, a key or a setting of the environment is wrong."""

    status = 500
