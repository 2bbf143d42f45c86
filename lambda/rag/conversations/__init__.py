"""Conversations: earlier questions and answers. Each conversation belongs to its caller."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.budget import Budget
from rag.failures import Absent, Unavailable
from rag.prompt import Turn

# The default number of turns that ml-commons' retrieval_augmented_generation processor puts into a prompt.
MOST_TURNS = 10
_MOST_ANSWER = 20_000
# How often a turn is added again after others have added theirs.
_TRIES = 5


@dataclass(frozen=True)
class Conversation:
    """What is stored: the last `turns`, oldest first, and the `number` of all. `key` is the id in the store."""

    key: str
    number: int
    turns: Sequence[Turn]


class Conversations(Protocol):
    """A store of conversations, by ids that the assistant makes. Every method may raise `Failure`."""

    def begin(self, id: str, caller: str, question: str, turn: Turn | None, budget: Budget) -> None:
        """Store a new conversation, with its first turn if given; `question` may become its name."""

    def read(self, id: str, caller: str, budget: Budget) -> Conversation:
        """What is stored; raises `Absent` if the caller has no such conversation."""

    def keep(self, conversation: Conversation, caller: str, turn: Turn, budget: Budget) -> None:
        """Add a turn, also if somebody else has added one since the conversation was read."""


def extended(
    store: Conversations,
    put: Callable[[Conversation, int], bool],
    conversation: Conversation,
    caller: str,
    turn: Turn,
    budget: Budget,
) -> None:
    """Let `put` store the conversation with one more turn, in the place of what was read.

    It gets the new conversation and the number of turns of the old one, and says whether that was still there. If not,
    the conversation is read again, in which the turn may stand already: stored by a try whose answer was lost.
    """
    for _ in range(_TRIES):
        turns = [*conversation.turns, turn][-MOST_TURNS:]
        if put(Conversation(conversation.key, conversation.number + 1, turns), conversation.number):
            return
        conversation = store.read(conversation.key, caller, budget)
        if conversation.turns and conversation.turns[-1] == cut(turn):
            return
    raise Unavailable("The conversation has too many questions at once. Try again soon.")


def cut(turn: Turn) -> Turn:
    """The turn as it is stored, with a limited answer: R1 may answer with 8192 tokens, and an item has 400 KB."""
    return Turn(turn.question, turn.answer[:_MOST_ANSWER])


def mark_of(caller: str) -> str:
    """A digest of the caller, stored with a conversation instead of a name."""
    return hashlib.sha256(caller.encode()).hexdigest()[:32]


def absent() -> Absent:
    """The error for a missing conversation and for another caller's; both look the same, against guessed ids."""
    return Absent("You have no such conversation. It has expired, or its id is wrong. Ask without conversation_id.")
