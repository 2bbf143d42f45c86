"""The routes about one's own conversations."""

from typing import Annotated

from pydantic import Field

import current
from rag import history
from rag.conversation_models import (
    ConversationList,
    ConversationListed,
    ConversationRemoved,
    ConversationShown,
    Renamed,
)
from routing import Router

LISTED = 30
Id = Annotated[str, Field(description="The conversation's id.", pattern=r"^[A-Za-z0-9_-]{1,64}$")]

router = Router()


@router.route(
    "GET /conversations",
    operation_id="listConversations",
    summary="List one's own conversations",
    response_description="One page of the caller's conversations.",
)
def listed(
    limit: Annotated[int, Field(ge=1, le=history.MOST_LISTED, description="How many at most.")] = LISTED,
    after: Annotated[str | None, Field(max_length=300, description="The cursor from the previous page.")] = None,
    search: Annotated[
        str | None,
        Field(
            max_length=200,
            description="Only conversations with all these words in their titles or questions; a page may then be "
            "shorter.",
        ),
    ] = None,
) -> ConversationList:
    """Lists the caller's conversations, those with the latest turn first."""
    return history.listed(limit, after, search, current.seconds(), current.caller())


@router.route(
    "GET /conversations/{id}",
    operation_id="showConversation",
    summary="Show one's own conversation",
    response_description="The conversation with its last turns.",
)
def shown(id: Id) -> ConversationShown:
    """Shows the caller's conversation; sources are those that the caller may see today."""
    return history.shown(id, current.seconds(), current.caller())


@router.route(
    "PATCH /conversations/{id}",
    operation_id="renameConversation",
    summary="Rename one's own conversation",
    response_description="The conversation with its new title.",
)
def renamed(id: Id, body: Renamed) -> ConversationListed:
    """Gives the caller's conversation another title."""
    return history.renamed(id, body.title, current.seconds(), current.caller())


@router.route(
    "DELETE /conversations/{id}",
    operation_id="removeConversation",
    summary="Remove one's own conversation",
    response_description="The conversation is removed.",
)
def removed(id: Id) -> ConversationRemoved:
    """Removes the caller's conversation with all its turns."""
    return history.removed(id, current.seconds(), current.caller())
