"""Requests and responses of the API about links to conversations; the OpenAPI document is made from them."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from rag.conversation_models import TITLE, TurnShown
from rag.models import CONVERSATION
from rag.shape import Body, Shape
from settings.access import GroupName

LINK = "5f0c3a1d9be84c6f8a27d1e6b4930c52"
GROUPS = "Groups whose members the link is for; empty for everybody who is signed in."
BY = "The person who shares it: their e-mail address if the user pool has verified it, or their name; empty if unknown."


class LinkWanted(Body):
    """A conversation to share."""

    conversation_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = Field(
        description="The conversation as it is now; later turns are not shared.", examples=[CONVERSATION]
    )
    days: int = Field(default=7, ge=1, le=365, description="How long, up to the environment's limit.")
    groups: list[GroupName] = Field(default_factory=list, max_length=20, description=GROUPS, examples=[["hr"]])


class Link(Shape):
    """A link to a conversation."""

    id: str = Field(examples=[LINK])
    title: str = Field(description=TITLE, examples=["How many people lived in Boston in 2023?"])
    turns: int = Field(ge=1, description="How many questions it shows at most.", examples=[1])
    by: str = Field(description=BY, examples=["ada@example.com"])
    own: bool = Field(description="Whether the caller shares it.")
    groups: list[str] = Field(description=GROUPS)
    made: datetime = Field(description="Since when it is there.")
    until: datetime = Field(description="When it ends.")


class LinkList(Shape):
    """One page of links; `after` is present if there are more."""

    links: list[Link]
    after: str | None = Field(default=None, description="Send it to get the next page.")


class SharedConversation(Link):
    """The conversation behind a link, as far as the reader may see all that its answers were made from."""

    shown: list[TurnShown] = Field(description="The first turns, oldest first.")
    withheld: int = Field(
        ge=0,
        description="How many turns are not shown: the first turn whose answer comes from a passage that the reader "
        "may not see, or that has changed since, and all later turns.",
    )


class LinkEnded(Shape):
    """The link that is no more."""

    id: str = Field(examples=[LINK])
