"""Requests and responses of the API about feedback; the OpenAPI document is made from them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from rag.models import CONVERSATION
from rag.shape import Body, Shape

MOST_COMMENT = 1000
Rating = Literal["up", "down"]
Reason = Literal["wrong", "incomplete", "sources", "missing", "other"]
REASON = (
    "What is not good: the answer is `wrong` or `incomplete`, its `sources` do not support it, or the answer is "
    "`missing` although the documents contain it."
)


class FeedbackIn(Body):
    """A reader's judgement of an answer; it replaces an earlier one of the same answer."""

    rating: Rating
    reason: Reason | None = Field(default=None, description=REASON)
    comment: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_COMMENT)] | None = (
        Field(default=None, description="The reader's own words; refused if `assistant.feedback` keeps no texts.")
    )


class Judgement(Shape):
    """What is kept of an answer. Texts are null unless `assistant.feedback` keeps them."""

    id: str = Field(description="The `conversation_id` of the answer.", examples=[CONVERSATION])
    at: datetime = Field(description="When it was kept.")
    reader: str = Field(description="A digest of who has asked.", examples=["2bd806c97f0e00af1a1fc3328fa763a9"])
    rating: Rating | None = Field(description="Null for a question without an answer that nobody has rated.")
    reason: Reason | None = Field(default=None, description=REASON)
    comment: str | None = Field(default=None, description="The reader's own words.")
    question: str | None = Field(default=None, examples=["How many people lived in Boston in 2023?"])
    after: list[str] = Field(default_factory=list, description="The earlier questions, oldest first.")
    answer: str | None = None
    passages: list[str] = Field(description="Ids of the passages that the answer could use.", examples=[["boston#2"]])
    documents: list[str] = Field(
        description="Ids of the documents with a sentence that supports the answer.", examples=[["boston"]]
    )
    grounded: bool = Field(description="Whether there was such a sentence when the answer was given.")
    model: str | None = Field(description="The answer model; null if none was called.", examples=["deepseek-flash"])
    prompt: str = Field(description="A digest of the prompt's texts.", examples=["0b1f6c9f4a2d"])

    @property
    def is_gap(self) -> bool:
        """Whether the documents, or the search, had no answer."""
        return not self.grounded or self.reason == "missing"


class FeedbackList(Shape):
    """One page of the feedback; `after` is present if there are more."""

    feedback: list[Judgement]
    after: str | None = Field(default=None, description="Send it to get the next page.")


class FeedbackRemoved(Shape):
    """The withdrawn feedback."""

    id: str = Field(examples=[CONVERSATION])


class FeedbackKept(Shape):
    """What this environment keeps of a judgement, and for how long."""

    keep: Literal["ratings", "texts"]
    days: int = Field(ge=1, examples=[180])
