"""What an error of the engine or of a model means for the caller."""

import re

from assistant.failures import Broken, Failure, Refused, Throttled, TimedOut, Unavailable

ENGINE, EMBEDDING, ANSWER, MEMORY, SECRETS = (
    "The search engine",
    "The embedding model",
    "The answer model",
    "The memory of conversations",
    "The store of keys",
)
_MOST_CAUSE = 600
_SECRETS = re.compile(r"(?i)(?<=bearer )\S+|\bsk-[\w-]{6,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}")
_TELL = "Tell the one who runs this environment: the log holds the reason."


def failure_of(side: str, status: int, cause: str = "", retry_after: str | None = None) -> Failure:
    """The failure that an HTTP status of 400 or more means; `retry_after` is the header of that name.

    `side` is one of the names of this module. The cause is shortened, and what looks like a key is left out: a
    provider repeats the one it refuses.
    """
    said = f"{status} {_SECRETS.sub('…', cause)}"[:_MOST_CAUSE]
    if status == 429:
        return Throttled(f"{side} is asked too often at the moment. Try again soon.", said, _seconds(retry_after))
    if status in (408, 504):
        return TimedOut(f"{side} took too long. Try again, or ask for less.", said)
    if status >= 500:
        return Unavailable(f"{side} fails at the moment. Try again soon.", said, _seconds(retry_after))
    if status in (401, 402, 403, 404):
        return Refused(f"{side} refuses the assistant, with status {status}. {_TELL}", said)
    return Broken(f"{side} does not take what the assistant sends, with status {status}. {_TELL}", said)


def unreachable(side: str, cause: str) -> Unavailable:
    """No connection, or one that broke off."""
    return Unavailable(f"{side} cannot be reached at the moment. Try again soon.", cause[:_MOST_CAUSE])


def late(side: str, cause: str = "") -> TimedOut:
    """No answer in time."""
    return TimedOut(f"{side} took too long. Try again, or ask for less.", cause[:_MOST_CAUSE])


def unusable(side: str, cause: str) -> Broken:
    """An answer in another shape than agreed."""
    return Broken(f"{side} gave an answer that cannot be used. {_TELL}", cause[:_MOST_CAUSE])


def _seconds(header: str | None) -> float | None:
    # The header may hold a date; no side that is asked here sends one.
    try:
        return max(0.0, float(header)) if header else None
    except ValueError:
        return None
