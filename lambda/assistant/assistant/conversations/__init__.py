"""Conversations: what was asked and answered before, each bound to its caller."""

import hashlib
from collections.abc import Sequence
from typing import Protocol

from assistant.budget import Budget
from assistant.failures import Absent
from assistant.prompt import Turn

# As many as ml-commons' retrieval_augmented_generation processor puts into a prompt unless told otherwise.
MOST_TURNS = 10
# What that processor is asked for. Not the last turns: ml-commons 3.4 reads the first ones of a memory, so a
# small number would hide what was just said.
ALL_TURNS = 50


class Conversations(Protocol):
    """A store of conversations. Everything raises `Failure`."""

    def begin(self, caller: str, question: str, turn: Turn | None, budget: Budget) -> str:
        """The id of a new conversation with its first turn, or none; `question` may become its name."""

    def turns(self, id: str, caller: str, budget: Budget) -> Sequence[Turn]:
        """The last turns, oldest first; raises `Absent` if the caller has no such conversation."""

    def keep(self, id: str, caller: str, earlier: Sequence[Turn], turn: Turn, budget: Budget) -> None:
        """Add a turn behind `earlier`, which `turns` gave."""


def mark_of(caller: str) -> str:
    """What stands for the caller beside a conversation: a digest, so that the store names nobody."""
    return hashlib.sha256(caller.encode()).hexdigest()[:32]


def absent() -> Absent:
    """There is none, or it is another's: who guesses ids learns nothing from the difference."""
    return Absent("You have no such conversation: it has ended, or its id is wrong. Ask without conversation_id.")
