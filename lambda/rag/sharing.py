"""Links to conversations. People make, list and end their own links; signed-in readers see the turns that they may see.

An answer may repeat text of its passages and of earlier answers. So a reader sees only the turns before the first one
with a passage that they may not see, or whose text has changed since the model read it.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile

from rag import history
from rag.budget import Budget
from rag.caller import Caller
from rag.conversations.conversation_id import ConversationId
from rag.conversations.share import Share, Shares, new_id, no_link
from rag.failures import Absent, Forbidden, Invalid
from rag.parts import Parts
from rag.parts import parts as own_parts
from rag.sharing_models import Link, LinkEnded, LinkList, LinkWanted, SharedConversation
from settings.runtime_settings import RuntimeSettings

MOST_LISTED = 100
_DAY = 86_400
NOBODY = (
    "Only people with their own sign-in can use links, because several people may use your key or role. Sign in as "
    "yourself."
)
UNSEEN = (
    "The answers of this shared conversation come from documents that you may not see, or that have changed since. "
    "Ask the question yourself, or contact the person who shared it."
)


def days(caller: Caller, settings: RuntimeSettings) -> int | None:
    """The most days that a link of the caller may last; None if the caller cannot share conversations."""
    return None if caller.shared else settings.sharing


def share(wanted: LinkWanted, seconds: float, caller: Caller, parts: Parts | None = None) -> Link:
    """A new link to the caller's conversation; raises `Absent`, `Forbidden` or `Invalid`."""
    parts = own_parts() if parts is None else parts
    store, most = _shares(caller, parts)
    if wanted.days > most:
        raise Invalid(f"A link lasts at most {most} days here. Send fewer `days` than {wanted.days}.")
    if strange := caller.strange(wanted.groups):
        raise Forbidden(f"You are not in the group {strange[0]!r}, so you cannot share with it. Leave out the group.")
    budget, named = Budget(seconds), ConversationId.of(wanted.conversation_id)
    conversation = named.read(parts.conversations, caller.id, budget)
    if not conversation.turns:
        raise Invalid("The conversation has no answer yet. Ask a question first.")
    if conversation.number > len(conversation.turns):
        raise Invalid(
            "The beginning of this conversation is no longer stored, so its sources cannot be checked. Share a "
            "shorter conversation."
        )
    now, groups = int(time.time()), tuple(dict.fromkeys(wanted.groups))
    numbers = (conversation.number, conversation.title, groups, now, now + wanted.days * _DAY)
    made = Share(new_id(), caller.id, caller.name, named.token, *numbers)
    store.put(made, budget)
    return _link(made, caller)


def listed(
    size: int, after: str | None, everybody: bool, seconds: float, caller: Caller, parts: Parts | None = None
) -> LinkList:
    """A page of the caller's links, or of all links for an owner with `everybody`; links that end last come first.

    Raises `Absent` or `Forbidden`.
    """
    store, _ = _shares(caller, own_parts() if parts is None else parts)
    if everybody and not caller.has("owner"):
        raise Forbidden("Only owners see links of others. Leave out `everybody` to see your own links.")
    shares, more = store.listed(None if everybody else caller.id, size, after, Budget(seconds))
    return LinkList(links=[_link(each, caller) for each in shares], after=more)


def shown(id: str, seconds: float, caller: Caller, parts: Parts | None = None) -> SharedConversation:
    """The turns that the reader may see with the link; raises `Absent`, or `Forbidden` if there are none."""
    parts = own_parts() if parts is None else parts
    store, _ = _shares(caller, parts)
    budget = Budget(seconds)
    link = store.read(id, budget)
    if not (caller.sees(link.groups) or caller.id == link.caller):
        raise no_link()
    try:
        conversation = parts.conversations.read(link.conversation, link.caller, budget)
    except Absent:
        raise no_link() from None
    # If the first turns are no longer stored, later ones may repeat text whose passages cannot be checked.
    kept = conversation.turns[: link.number] if conversation.number == len(conversation.turns) else []
    turns = history.turns_shown(replace(conversation, turns=kept, number=len(kept)), caller, parts, budget)
    pairs = zip(kept, turns, strict=True)
    whole = [
        turn for _, turn in takewhile(lambda pair: pair[0].origin and pair[0].origin.is_whole(pair[1].sources), pairs)
    ]
    if not whole:
        raise Forbidden(UNSEEN)
    return SharedConversation(**_link(link, caller).model_dump(), shown=whole, withheld=link.number - len(whole))


def ended(id: str, seconds: float, caller: Caller, parts: Parts | None = None) -> LinkEnded:
    """End a link. An owner may end every link, others only their own; raises `Absent`."""
    store, _ = _shares(caller, own_parts() if parts is None else parts)
    budget = Budget(seconds)
    if not (store.read(id, budget).caller == caller.id or caller.has("owner")):
        raise no_link()
    store.remove(id, budget)
    return LinkEnded(id=id)


def end_all(conversation: str, caller: Caller, parts: Parts, budget: Budget) -> None:
    """End all links of the caller to a conversation, after it was removed."""
    store = parts.shares
    if store is None:
        return
    for each in list(_all(store, caller.id, budget)):
        if each.conversation == conversation:
            store.remove(each.id, budget)


def _all(store: Shares, caller: str, budget: Budget) -> Iterator[Share]:
    after: str | None = None
    while True:
        shares, after = store.listed(caller, MOST_LISTED, after, budget)
        yield from shares
        if after is None:
            return


def _shares(caller: Caller, parts: Parts) -> tuple[Shares, int]:
    """The store, and the most days of a link; raises `Absent` without sharing, `Forbidden` for a shared caller."""
    if parts.settings.sharing is None or parts.shares is None:
        raise Absent("Conversations cannot be shared in this environment, because assistant.sharing is not set.")
    if caller.shared:
        raise Forbidden(NOBODY)
    return parts.shares, parts.settings.sharing


def _link(of: Share, reader: Caller) -> Link:
    return Link(
        id=of.id,
        title=of.title,
        turns=of.number,
        by=of.name,
        own=of.caller == reader.id,
        groups=list(of.groups),
        made=datetime.fromtimestamp(of.made, UTC),
        until=datetime.fromtimestamp(of.until, UTC),
    )
