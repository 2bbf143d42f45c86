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
# About as long as an index is closed to writers while another takes its place.
_BLOCKED_SECONDS = 2.0
# By their own form, or by the word before them: keys of many providers have no form.
_SECRETS = re.compile(
    r"(?i)((?<!:)(?:key|token|password|secret)(?: provided)?[\\\"']*\s*[:=]\s*)\S{6,}"
    r"|(?<=bearer )\S+|\bsk-[\w-]{6,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}"
)
# In a provider's 401 any word with letters and digits that is as long as keys are; the ARN of a role is none.
_LIKE_A_KEY = re.compile(r"(?<!\S)(?!\S*arn:)(?=\S*\d)(?=\S*[A-Za-z])\S{16,}")
_TELL = "Tell the one who runs this environment: the log holds the reason."


def failure_of(side: str, status: int, cause: str = "", retry_after: str | None = None) -> Failure:
    """The failure that an HTTP status of 400 or more means; `retry_after` is the header of that name.

    `side` is one of the names of this module. The cause is shortened, and what looks like a key is left out: a
    provider repeats the one it refuses.
    """
    said = f"{status} {_redacted(cause, status)}"[:_MOST_CAUSE]
    if status == 429:
        return Throttled(f"{side} is asked too often at the moment. Try again soon.", said, _seconds(retry_after))
    if status in (408, 504):
        return TimedOut(f"{side} took too long. Try again, or ask for less.", said)
    if status >= 500:
        return Unavailable(f"{side} fails at the moment. Try again soon.", said, _seconds(retry_after))
    if status == 403 and "cluster_block_exception" in cause:
        return Unavailable(f"{side} takes no documents for a moment. Try again soon.", said, _BLOCKED_SECONDS)
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


def _redacted(cause: str, status: int) -> str:
    cause = _SECRETS.sub(r"\1…", cause)
    return _LIKE_A_KEY.sub("…", cause) if status == 401 else cause


def _seconds(header: str | None) -> float | None:
    # The header may hold a date; no side that is asked here sends one.
    try:
        return max(0.0, float(header)) if header else None
    except ValueError:
        return None
