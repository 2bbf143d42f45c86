"""When a request is sent once more: the answers that say so, and how long to wait before."""

import random

import requests

# Too busy, or between the client and a node that is going or coming.
PASSING = frozenset({429, 502, 503, 504})
LONGEST_PAUSE = 20.0
LONGEST_ASKED = 60.0


def pause(attempt: int, asked: float = 0.0) -> float:
    """Seconds to wait before repetition `attempt` (from 1): full jitter, and not less than was `asked` for.

    Of what was asked for, LONGEST_ASKED at most.
    """
    # jitter, not cryptography
    return max(min(asked, LONGEST_ASKED), random.uniform(0, min(LONGEST_PAUSE, 0.5 * 2**attempt)))  # noqa: S311


def asked(answer: requests.Response | None) -> float:
    """The seconds of the header Retry-After; 0 without it, or where it is a date."""
    text = answer.headers.get("Retry-After", "") if answer is not None else ""
    return float(text) if text.isdecimal() else 0.0
