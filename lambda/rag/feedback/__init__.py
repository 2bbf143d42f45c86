"""Feedback: what people say of answers, and questions without one. It is kept under the answer's conversation id."""

from datetime import datetime, timedelta
from typing import Protocol

from rag.budget import Budget
from rag.feedback_models import Judgement


class FeedbackStore(Protocol):
    """A store of feedback, which forgets it after its days. Every method may raise `RagFailure`."""

    def put(self, feedback: Judgement, budget: Budget) -> None:
        """Keep it, in place of an earlier one with its id."""

    def remove(self, id: str, budget: Budget) -> None:
        """Forget it; also if it is not there."""

    def sweep(self, budget: Budget) -> None:
        """Remove some of what has expired, where the store does not do so itself."""

    def listed(self, size: int, after: str | None, budget: Budget) -> tuple[list[Judgement], str | None]:
        """A page, newest first, and the cursor of the next one if there is one; a page may be shorter."""


def expiry(feedback: Judgement, days: int) -> int:
    """When it is forgotten, in seconds since 1970."""
    end: datetime = feedback.at + timedelta(days=days)
    return int(end.timestamp())
