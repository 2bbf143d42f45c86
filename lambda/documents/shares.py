"""The routes about links to conversations."""

from typing import Annotated

from pydantic import Field

import current
from rag import sharing
from rag.sharing_models import Link, LinkEnded, LinkList, LinkWanted, SharedConversation
from routing import Router

LISTED = 50
Id = Annotated[str, Field(description="The link's id.", pattern=r"^[0-9a-f]{32}$")]

router = Router()


@router.route(
    "POST /shares",
    operation_id="shareConversation",
    summary="Share a conversation by a link",
    response_description="The link.",
)
def shared(body: LinkWanted) -> Link:
    """Makes a link to the caller's conversation as it is now; the page shows it at `rag#shared-<id>`."""
    return sharing.share(body, current.seconds(), current.caller())


@router.route(
    "GET /shares",
    operation_id="listLinks",
    summary="List links to conversations",
    response_description="One page of the links.",
)
def listed(
    limit: Annotated[int, Field(ge=1, le=sharing.MOST_LISTED, description="How many at most.")] = LISTED,
    after: Annotated[str | None, Field(max_length=300, description="The cursor from the previous page.")] = None,
    everybody: Annotated[bool, Field(description="Those of all people; for owners.")] = False,
) -> LinkList:
    """Lists the caller's own links, or those of all people; a page may be shorter."""
    return sharing.listed(limit, after, everybody, current.seconds(), current.caller())


@router.route(
    "GET /shares/{id}",
    operation_id="openLink",
    summary="Read a conversation by a link",
    response_description="The conversation, up to the first answer with sources that the caller may not see.",
)
def shown(id: Id) -> SharedConversation:
    """Shows the turns up to the first one whose passages the caller may not see, or have changed since."""
    return sharing.shown(id, current.seconds(), current.caller())


@router.route(
    "DELETE /shares/{id}", operation_id="endLink", summary="End a link", response_description="The link is no more."
)
def ended(id: Id) -> LinkEnded:
    """Ends a link: the caller's own, or any as an owner."""
    return sharing.ended(id, current.seconds(), current.caller())
