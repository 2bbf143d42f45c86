"""Conversations: earlier questions and answers. Each conversation belongs to its caller."""

import hashlib
from collections.abc import Sequence
from typing import Protocol

from rag.budget import Budget
from rag.failures import Absent
from rag.prompt import Turn

# The default number of turns that ml-commons' retrieval_augmented_generation processor puts into a prompt.
MOST_TURNS = 10


class Conversations(Protocol):
    """A store of conversations. Every method may raise `Failure`."""

    def begin(self, caller: str, question: str, turn: Turn | None, budget: Budget) -> str:
        """The id of a new conversation, with its first turn if given; `question` may become its name."""

    def turns(self, id: str, caller: str, budget: Budget) -> Sequence[Turn]:
        """The last turns, oldest first; raises `Absent` if the caller has no such conversation."""

    def keep(self, id: str, caller: str, earlier: Sequence[Turn], turn: Turn, budget: Budget) -> None:
        """Add a turn after `earlier`, the result of `turns`."""


def mark_of(caller: str) -> str:
    """A digest of the caller, stored with a conversation instead of a name."""
    return hashlib.sha256(caller.encode()).hexdigest()[:32]


def absent() -> Absent:
    """The error for a missing conversation and for another caller's; both look the same, against guessed ids."""
    return Absent("You have no such conversation. It has expired, or its id is wrong. Ask without conversation_id.")
