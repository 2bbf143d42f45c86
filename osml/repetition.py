"""When a request is sent once more, as a load of documents does: the answers that say so, and how long to wait."""

import requests

from corpus.bulk import LATER as PASSING
from corpus.load import LONGEST_ASKED, pause
from corpus.pace import LONGEST_PAUSE
from corpus.refusal import wait

__all__ = ["LONGEST_ASKED", "LONGEST_PAUSE", "PASSING", "asked", "pause"]


def asked(answer: requests.Response | None) -> float:
    """The seconds of the header Retry-After; 0 without it, or where it is a date."""
    return wait(answer.headers.get("Retry-After")) if answer is not None else 0.0
