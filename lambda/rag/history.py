"""The conversations of a caller. Only the caller can list, show, rename and remove them."""

import logging
from datetime import UTC, datetime

from rag.budget import Budget
from rag.caller import Caller
from rag.conversation_models import (
    ConversationList,
    ConversationListed,
    ConversationRemoved,
    ConversationShown,
    OwnTurn,
    TurnShown,
)
from rag.conversations import Conversation, ConversationEntry, History
from rag.conversations.conversation_id import ConversationId
from rag.evidence import used
from rag.failures import Absent, Forbidden, RagFailure
from rag.feedback_models import Rating
from rag.match import judge
from rag.models import Source
from rag.parts import Parts
from rag.parts import parts as own_parts
from rag.prompt import Turn
from settings.runtime_settings import RuntimeSettings

MOST_LISTED = 100
SHARED = (
    "Several people may use your key or role, so its conversations are not listed. Keep the conversation_id of an "
    "answer to continue the conversation."
)
_log = logging.getLogger(__name__)


def listed(
    size: int, after: str | None, search: str | None, seconds: float, caller: Caller, parts: Parts | None = None
) -> ConversationList:
    """A page of the caller's conversations, the last changed first; raises `Forbidden` for a shared caller."""
    store = _store(parts)
    if caller.shared:
        raise Forbidden(SHARED)
    entries, more = store.listed(caller.id, size, after, search, Budget(seconds))
    return ConversationList(conversations=[_listed(entry) for entry in entries], after=more)


def is_listed(caller: Caller, settings: RuntimeSettings) -> bool:
    """Whether the caller's conversations are listed."""
    return not caller.shared and settings.conversations.kind != "memory"


def shown(id: str, seconds: float, caller: Caller, parts: Parts | None = None) -> ConversationShown:
    """The caller's conversation with the turns that are stored; raises `Absent`."""
    parts = own_parts() if parts is None else parts
    budget, named = Budget(seconds), ConversationId.of(id)
    conversation = _store(parts).read(named.token, caller.id, budget)
    turns = _own(turns_shown(conversation, caller, parts, budget), named.token, parts, budget)
    entry = ConversationEntry(named.token, conversation.title, conversation.changed, conversation.number)
    return ConversationShown(**_listed(entry).model_dump(), shown=turns)


def renamed(id: str, title: str, seconds: float, caller: Caller, parts: Parts | None = None) -> ConversationListed:
    """The caller's conversation under another title; raises `Absent`."""
    store, budget, named = _store(parts), Budget(seconds), ConversationId.of(id)
    store.rename(named.token, caller.id, title, budget)
    conversation = store.read(named.token, caller.id, budget)
    return _listed(ConversationEntry(named.token, conversation.title, conversation.changed, conversation.number))


def removed(id: str, seconds: float, caller: Caller, parts: Parts | None = None) -> ConversationRemoved:
    """Remove the caller's conversation, and end its links; raises `Absent`."""
    parts = own_parts() if parts is None else parts
    budget, token = Budget(seconds), ConversationId.of(id).token
    _store(parts).remove(token, caller.id, budget)
    if parts.shares:
        from rag.sharing import end_all

        end_all(token, caller, parts, budget)
    return ConversationRemoved(id=id)


def _store(parts: Parts | None) -> History:
    history = (own_parts() if parts is None else parts).history
    if history is None:
        raise Absent(
            "This environment has no list of conversations, because its search pipeline answers and the engine's "
            "memory keeps them. With assistant.streaming: true they are listed."
        )
    return history


def _listed(entry: ConversationEntry) -> ConversationListed:
    id = str(ConversationId(entry.id).after(entry.number)) if entry.number else entry.id
    return ConversationListed(
        id=id, title=entry.title, turns=entry.number, changed=datetime.fromtimestamp(entry.changed, UTC)
    )


def turns_shown(conversation: Conversation, caller: Caller, parts: Parts, budget: Budget) -> list[TurnShown]:
    """The turns, with those of their passages that the caller may see now."""
    turns = conversation.turns
    ids = {passage.id for turn in turns if turn.origin for passage in turn.origin.passages}
    sources_by_id = {source.id: source for source in parts.search.cited(sorted(ids), budget, caller)}
    first = conversation.number - len(turns) + 1
    return [
        TurnShown(
            number=number,
            question=turn.question,
            answer=turn.answer or None,
            grounded=turn.origin.grounded if turn.origin else None,
            sources=_sources(turn, sources_by_id, parts),
            numbers=_numbers(turn, sources_by_id),
            missing=sum(passage.id not in sources_by_id for passage in turn.origin.passages) if turn.origin else None,
            model=turn.origin.model if turn.origin else None,
        )
        for number, turn in enumerate(turns, first)
    ]


def _own(turns: list[TurnShown], token: str, parts: Parts, budget: Budget) -> list[OwnTurn]:
    """The turns of the caller's own conversation, each with the caller's rating; none if the store does not answer."""
    numbers, rating_by_number = [turn.number for turn in turns], dict[int, Rating]()
    if parts.feedback and numbers:
        try:
            rating_by_number = parts.feedback.ratings(token, numbers, budget)
        except RagFailure as error:
            _log.warning("The conversation is shown without its ratings: %s %s", error, error.said)
    return [OwnTurn(**dict(turn), rating=rating_by_number.get(turn.number)) for turn in turns]


def _numbers(turn: Turn, sources_by_id: dict[str, Source]) -> list[int]:
    """The numbers by which the answer cites the passages of a turn that still exist."""
    passages = turn.origin.passages if turn.origin else ()
    return [number for number, passage in enumerate(passages, 1) if passage.id in sources_by_id]


def _sources(turn: Turn, sources_by_id: dict[str, Source], parts: Parts) -> list[Source]:
    """The passages of a turn, with the scores of its search; the evidence is from their current texts."""
    if turn.origin is None:
        return []
    sources = [
        sources_by_id[passage.id].model_copy(update={"score": passage.score, "similarity": passage.similarity})
        for passage in turn.origin.passages
        if passage.id in sources_by_id
    ]
    for source in sources:
        judge(source, parts.settings.matches, parts.settings.access)
    return used(turn.answer, sources)
