"""Conversations in the engine's memory, for many callers.

A memory belongs to the role that created it, which is the assistant's for all callers. So each memory's name begins
with a digest of its caller.
"""

from collections.abc import Sequence

from rag.budget import Budget
from rag.conversations import MOST_TURNS, absent, mark_of
from rag.conversations.engine_memory import EngineMemory, named_after
from rag.failures import AssistantRefused
from rag.prompt import Turn
from rag.search.engine import IndexClient


class ConversationMemory:
    """Memories of the engine."""

    def __init__(self, engine: IndexClient) -> None:
        self._engine = engine

    def begin(self, caller: str, question: str, turn: Turn | None, budget: Budget) -> str:
        memory = self._memory(budget)
        id = memory.begin(f"{mark_of(caller)} {named_after(question)}")
        if turn is not None:
            memory.keep(id, turn)
        return id

    def turns(self, id: str, caller: str, budget: Budget) -> Sequence[Turn]:
        memory = self._memory(budget)
        try:
            name = memory.name(id)
        except AssistantRefused as refused:
            if refused.said.startswith("404"):
                raise absent() from None
            raise
        if not name.startswith(f"{mark_of(caller)} "):
            raise absent()
        return memory.turns(id, MOST_TURNS)

    def keep(self, id: str, caller: str, earlier: Sequence[Turn], turn: Turn, budget: Budget) -> None:  # noqa: ARG002
        self._memory(budget).keep(id, turn)

    def _memory(self, budget: Budget) -> EngineMemory:
        return EngineMemory(self._engine.sender(budget))
