"""The failure that the caller sees for an error of the engine or a model."""

from calls.redaction import redacted
from calls.starting import ANSWER as ANSWER
from calls.starting import EMBEDDING as EMBEDDING
from calls.starting import START_SECONDS, is_starting
from calls.starting import starting as sentence_of
from rag.failures import AssistantRefused, Broken, Cause, RagFailure, Starting, Throttled, TimedOut, Unavailable

ENGINE, MEMORY, FEEDBACK, SECRETS, GUARDRAIL, QUOTA, CACHE, PROMPTS, ORIGINALS = (
    "The search engine",
    "The memory of conversations",
    "The store of feedback",
    "The store of keys",
    "The guardrail",
    "The table of quotas",
    "The cache of answers",
    "The store of prompts",
    "The store of originals",
)
_MOST = 600
# About the seconds for which an index has a write block while another index replaces it.
_BLOCKED_SECONDS = 2.0
_TELL = "Contact your administrator; the log has the reason."


def failure_of(
    side: str, status: int, text: str = "", wait: float | None = None, start_seconds: float | None = None
) -> RagFailure:
    """The failure for an HTTP status of 400 or more; `wait` is the time in seconds that the answer asks to wait.

    `side` is one of the names in this module. A stopped model starts within `start_seconds`. The text is shortened, and
    anything that looks like a key is hidden, because providers repeat a refused key.
    """
    said = f"{status} {redacted(text, status)}"[:_MOST]
    if is_starting(text):
        return starting(side, start_seconds, said)
    if status == 429:
        return Throttled(f"{side} is rate-limiting requests. Try again soon.", said, wait)
    if status in (408, 504):
        return TimedOut(f"{side} took too long. Try again, or ask for less.", said)
    if status >= 500:
        return Unavailable(f"{side} is failing. Try again soon.", said, wait)
    if status == 403 and "cluster_block_exception" in text:
        return Unavailable(f"{side} is read-only right now. Try again soon.", said, _BLOCKED_SECONDS)
    if status in (401, 402, 403, 404):
        cause: Cause | None = "key-refused" if status == 401 else None
        return AssistantRefused(
            f"{side} refused the assistant's request with status {status}. {_TELL}", said, cause=cause
        )
    return Broken(f"{side} rejected the assistant's request with status {status}. {_TELL}", said)


def starting(model: str, seconds: float | None, said: str) -> Starting:
    """The failure of a stopped `model` that answers again within about `seconds`, or None if that is unknown."""
    return Starting(sentence_of(model, seconds), said, seconds or START_SECONDS)


def unreachable(side: str, text: str) -> Unavailable:
    """The failure for a connection that cannot be made, or that broke."""
    return Unavailable(f"{side} cannot be reached. Try again soon.", text[:_MOST])


def late(side: str, text: str = "") -> TimedOut:
    """The failure for an answer that did not arrive in time."""
    return TimedOut(f"{side} took too long. Try again, or ask for less.", text[:_MOST])


def unusable(side: str, text: str) -> Broken:
    """The failure for an answer in an unexpected form."""
    return Broken(f"{side} gave an answer that cannot be used. {_TELL}", text[:_MOST])
