"""Stores, removes and lists judgements of answers, and stores questions without an answer."""

from datetime import UTC, datetime

from rag.budget import Budget
from rag.caller import Caller
from rag.conversations import Conversation, absent, mark_of
from rag.conversations.conversation_id import ConversationId
from rag.evidence import used
from rag.failures import Absent, Invalid
from rag.feedback import FeedbackStore
from rag.feedback_models import FeedbackIn, FeedbackKept, FeedbackList, FeedbackRemoved, Judgement
from rag.parts import Parts
from rag.parts import parts as own_parts
from rag.prompt import Turn
from settings.runtime_settings import FeedbackSettings, RuntimeSettings

MOST_LISTED = 100
# The most earlier questions that are stored with a follow-up.
_EARLIER = 3


def kept(settings: RuntimeSettings) -> FeedbackKept | None:
    """The feedback that this environment keeps; None if it asks for none."""
    chosen = settings.feedback
    return FeedbackKept(keep=chosen.keep, days=chosen.days) if chosen else None


def rate(id: str, given: FeedbackIn, seconds: float, caller: Caller, parts: Parts | None = None) -> Judgement:
    """Store the caller's judgement of the answer with this conversation id; raises `Absent` or `Invalid`."""
    parts = own_parts() if parts is None else parts
    chosen, store = _feedback(parts)
    if given.comment and chosen.keep != "texts":
        raise Invalid("This environment keeps no texts of feedback. Leave `comment` out.")
    budget = Budget(seconds)
    id, conversation, place = _answer(id, caller, parts, budget)
    feedback = _of(id, conversation, place, caller, parts, budget).model_copy(
        update={"rating": given.rating, "reason": given.reason, "comment": given.comment}
    )
    store.put(feedback, budget)
    store.sweep(budget)
    return feedback


def withdraw(id: str, seconds: float, caller: Caller, parts: Parts | None = None) -> FeedbackRemoved:
    """Remove the judgement of the caller's answer; raises `Absent` if the answer is not theirs."""
    parts = own_parts() if parts is None else parts
    _, store = _feedback(parts)
    budget = Budget(seconds)
    id, *_ = _answer(id, caller, parts, budget)
    store.remove(id, budget)
    return FeedbackRemoved(id=id)


def listed(size: int, after: str | None, seconds: float, parts: Parts | None = None) -> FeedbackList:
    """A page of the feedback, newest first."""
    _, store = _feedback(own_parts() if parts is None else parts)
    feedback, more = store.listed(size, after, Budget(seconds))
    return FeedbackList(feedback=feedback, after=more)


def unanswered(id: str, turn: Turn, earlier: list[str], caller: Caller, parts: Parts, budget: Budget) -> None:
    """Store a question whose answer no passage supports, if the environment keeps texts."""
    chosen, store = parts.settings.feedback, parts.feedback
    if chosen is None or store is None or chosen.keep != "texts" or turn.origin is None or turn.origin.grounded:
        return
    store.put(_made(id, turn, earlier, [], caller, chosen), budget)


def _feedback(parts: Parts) -> tuple[FeedbackSettings, FeedbackStore]:
    chosen, store = parts.settings.feedback, parts.feedback
    if chosen is None or store is None:
        raise Absent("This environment keeps no feedback, because assistant.feedback is not set.")
    return chosen, store


def _answer(id: str, caller: Caller, parts: Parts, budget: Budget) -> tuple[str, Conversation, int]:
    """The answer's id as the assistant writes it, its conversation, and the index of its turn, from 0.

    Without zeros before the number, one answer has one rating. Raises `Absent` or `Invalid`.
    """
    named = ConversationId.of(id)
    if not named.number:
        raise Invalid("No answer has this id. Send the `conversation_id` of the answer, with its number.")
    conversation = named.read(parts.conversations, caller.id, budget)
    place = named.number - 1 - (conversation.number - len(conversation.turns))
    if not 0 <= place < len(conversation.turns):
        raise absent()
    return str(named), conversation, place


def _of(id: str, conversation: Conversation, place: int, caller: Caller, parts: Parts, budget: Budget) -> Judgement:
    turn = conversation.turns[place]
    passages = turn.origin.passages if turn.origin else ()
    sources = parts.search.cited([passage.id for passage in passages], budget, caller)
    documents = sorted({source.document for source in used(turn.answer, sources) if source.used})
    earlier = [before.question for before in conversation.turns[:place]]
    assert parts.settings.feedback is not None  # noqa: S101 for the type checker
    return _made(id, turn, earlier, documents, caller, parts.settings.feedback)


def _made(
    id: str, turn: Turn, earlier: list[str], documents: list[str], caller: Caller, chosen: FeedbackSettings
) -> Judgement:
    origin, texts = turn.origin, chosen.keep == "texts"
    return Judgement(
        id=id,
        at=datetime.now(UTC).replace(microsecond=0),
        reader=mark_of(caller.id),
        rating=None,
        question=turn.question if texts else None,
        after=earlier[-_EARLIER:] if texts else [],
        answer=turn.answer if texts else None,
        passages=[passage.id for passage in origin.passages] if origin else [],
        documents=documents,
        grounded=bool(origin and origin.grounded),
        model=origin.model if origin else None,
        prompt=origin.prompt if origin else "",
    )
