"""Requests and responses of the API about conversations; the OpenAPI document is made from them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, StringConstraints

from rag.conversations import MOST_STORED, MOST_TITLE
from rag.feedback_models import Rating
from rag.models import CONVERSATION, Source
from rag.shape import Body, Shape

TITLE = "The title: the first question, or the caller's own title."


class ConversationListed(Shape):
    """A conversation of the caller."""

    id: str = Field(description="The id, for this API and as `conversation_id` of a question.", examples=[CONVERSATION])
    title: str = Field(description=TITLE, examples=["How many people lived in Boston in 2023?"])
    turns: int = Field(ge=0, description="How many questions it has had.", examples=[1])
    changed: datetime = Field(description="The time of the last turn.")


class ConversationList(Shape):
    """One page of the caller's conversations; `after` is present if there are more."""

    conversations: list[ConversationListed]
    after: str | None = Field(default=None, description="Send it to get the next page.")


class TurnShown(Shape):
    """A question and its answer."""

    number: int = Field(ge=1, description="The number of the turn in the conversation, from 1.", examples=[1])
    question: str = Field(examples=["How many people lived in Boston in 2023?"])
    answer: str | None = Field(
        description="The answer; null without an answer model.",
        examples=["In 2023 the metro area of Boston had 4,327,000 inhabitants."],
    )
    grounded: bool | None = Field(
        description="Whether sentences of its sources supported the answer when it was given; null for a turn that "
        "an earlier version stored."
    )
    sources: list[Source] = Field(
        description="Its passages that are still in the index and that the caller may see, with their current text."
    )
    numbers: list[int] = Field(
        description="The number of each of these sources in the answer's citations: 2 for `[2]`. Passages that are no "
        "longer here had numbers, too.",
        examples=[[1]],
    )
    missing: int | None = Field(
        description="How many of its passages no longer exist, or may no longer be seen by the caller; null if unknown."
    )
    model: str | None = Field(description="The answer model; null if none was called or if it is unknown.")


class OwnTurn(TurnShown):
    """A question of the caller, its answer, and what the caller thinks of it."""

    rating: Rating | None = Field(default=None, description="The caller's rating of the answer; null without one.")


class ConversationShown(ConversationListed):
    """A conversation with its turns."""

    shown: list[OwnTurn] = Field(
        description=f"The last turns, at most {MOST_STORED}, oldest first. Earlier ones are not stored."
    )


class Renamed(Body):
    """Another title for a conversation."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_TITLE)] = Field(
        description="The new title.", examples=["Boston"]
    )


class ConversationRemoved(Shape):
    """The removed conversation."""

    id: str = Field(examples=[CONVERSATION])
