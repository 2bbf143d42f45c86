"""Feedback: ratings of answers, and questions without an answer. Its id is the conversation id of the answer."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from rag.budget import Budget
from rag.feedback_models import Judgement, Rating


class FeedbackStore(Protocol):
    """A store of feedback, which removes it after the days in the settings. Every method may raise `RagFailure`."""

    def put(self, feedback: Judgement, budget: Budget) -> None:
        """Store the feedback; it replaces earlier feedback with its id."""

    def remove(self, id: str, budget: Budget) -> None:
        """Remove the feedback; does nothing if it does not exist."""

    def ratings(self, token: str, numbers: Sequence[int], budget: Budget) -> dict[int, Rating]:
        """The ratings of a conversation's answers, by the `numbers` of their turns."""

    def sweep(self, budget: Budget) -> None:
        """Remove some of the expired feedback, unless the store does so itself."""

    def listed(self, size: int, after: str | None, budget: Budget) -> tuple[list[Judgement], str | None]:
        """A page, newest first, and the cursor of the next page, or None; a page may be shorter than `size`."""


def expiry(feedback: Judgement, days: int) -> int:
    """The time when the feedback expires, in seconds since 1970."""
    end: datetime = feedback.at + timedelta(days=days)
    return int(end.timestamp())
