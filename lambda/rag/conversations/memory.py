"""Conversations in the engine's memory, for many callers.

The engine chooses the id of a memory when it stores it. A memory belongs to the role that created it, which is the
assistant's role for all callers. So the name of each memory begins with a digest of its caller and the assistant's id
of the conversation.
"""

from rag.budget import Budget
from rag.conversations import MOST_TURNS, Conversation, absent, mark_of
from rag.conversations.engine_memory import EngineMemory, named_after
from rag.failures import AssistantRefused
from rag.prompt import Turn
from rag.search.engine import IndexClient


class ConversationMemory:
    """Memories of the engine."""

    def __init__(self, engine: IndexClient) -> None:
        self._engine = engine

    def begin(self, id: str, caller: str, question: str, turn: Turn | None, budget: Budget) -> None:
        memory = self._memory(budget)
        key = memory.begin(f"{mark_of(caller)} {id} {named_after(question)}")
        if turn is not None:
            memory.keep(key, turn)

    def read(self, id: str, caller: str, budget: Budget) -> Conversation:
        memory = self._memory(budget)
        key = memory.named(f"{mark_of(caller)} {id}") or self._by_its_own_id(memory, id, caller)
        turns, number = memory.turns(key, MOST_TURNS)
        return Conversation(key, number, turns)

    def keep(self, conversation: Conversation, caller: str, turn: Turn, budget: Budget) -> None:  # noqa: ARG002
        self._memory(budget).keep(conversation.key, turn)

    def _memory(self, budget: Budget) -> EngineMemory:
        return EngineMemory(self._engine.sender(budget))

    @staticmethod
    def _by_its_own_id(memory: EngineMemory, id: str, caller: str) -> str:
        """The id itself, because earlier versions gave callers the engine's ids; raises `Absent`."""
        try:
            name = memory.name(id)
        except AssistantRefused as refused:
            if refused.said.startswith("404"):
                raise absent() from None
            raise
        if not name.startswith(f"{mark_of(caller)} "):
            raise absent()
        return id
