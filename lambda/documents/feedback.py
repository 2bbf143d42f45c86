"""The routes about judgements of answers."""

from typing import Annotated

from pydantic import Field

import current
from rag import rating
from rag.feedback_models import FeedbackIn, FeedbackList, FeedbackRemoved, Judgement
from routing import Router

LISTED = 50
Id = Annotated[
    str, Field(description="The `conversation_id` of the answer, with its number.", pattern=r"^[A-Za-z0-9_-]{1,64}$")
]

router = Router()


@router.route(
    "PUT /feedback/{id}",
    operation_id="rateAnswer",
    summary="Rate an answer",
    response_description="What is kept.",
)
def rated(id: Id, body: FeedbackIn) -> Judgement:
    """Keeps the caller's judgement of an answer that they were given, in place of an earlier one."""
    return rating.rate(id, body, current.seconds(), current.caller())


@router.route(
    "DELETE /feedback/{id}",
    operation_id="withdrawRating",
    summary="Withdraw a rating",
    response_description="Nothing is kept of it any more.",
)
def withdrawn(id: Id) -> FeedbackRemoved:
    """Forgets the caller's judgement of an answer."""
    return rating.withdraw(id, current.seconds(), current.caller())


@router.route(
    "GET /feedback",
    operation_id="listFeedback",
    summary="List feedback",
    response_description="One page of the feedback.",
)
def listed(
    limit: Annotated[int, Field(ge=1, le=rating.MOST_LISTED, description="How many at most.")] = LISTED,
    after: Annotated[str | None, Field(max_length=300, description="The cursor from the previous page.")] = None,
) -> FeedbackList:
    """Lists judgements of all readers and, where texts are kept, questions without an answer; the newest first."""
    return rating.listed(limit, after, current.seconds())
