"""Conversations in an index of the engine: one document each, read by its id, so that no write waits for a refresh."""

from collections.abc import Mapping
from time import time
from typing import Any
from urllib.parse import quote

from rag.budget import Budget
from rag.conversations import Conversation, absent, cut, extended, mark_of
from rag.failures import AssistantRefused, Failure
from rag.prompt import Turn
from rag.search.engine import IndexClient


class ConversationIndex:
    """Documents `{caller, changed, number, turns: [{question, answer}]}`; `changed` is in seconds since 1970.

    A document's version is one more than its number of turns, so that it only replaces the one that was read.
    """

    def __init__(self, engine: IndexClient, name: str) -> None:
        self._engine, self._name = engine, name

    def begin(self, id: str, caller: str, question: str, turn: Turn | None, budget: Budget) -> None:  # noqa: ARG002 - for a memory
        turns = [] if turn is None else [turn]
        self._put(Conversation(id, len(turns), turns), caller, budget)

    def read(self, id: str, caller: str, budget: Budget) -> Conversation:
        try:
            found = self._engine.send("GET", self._path(id), None, budget)["_source"]
        except AssistantRefused as refused:
            # Only a conversation that is not there has the member `found`.
            if refused.said.startswith("404") and '"found":false' in refused.said:
                raise absent() from None
            raise
        if found["caller"] != mark_of(caller):
            raise absent()
        return Conversation(id, found["number"], [Turn(turn["question"], turn["answer"]) for turn in found["turns"]])

    def keep(self, conversation: Conversation, caller: str, turn: Turn, budget: Budget) -> None:
        extended(self, lambda longer, _: self._put(longer, caller, budget), conversation, caller, turn, budget)

    def _put(self, conversation: Conversation, caller: str, budget: Budget) -> bool:
        """Whether it was stored: nobody else has stored so many turns."""
        turns = [{"question": turn.question, "answer": turn.answer} for turn in map(cut, conversation.turns)]
        document: Mapping[str, Any] = {
            "caller": mark_of(caller),
            "changed": int(time()),
            "number": conversation.number,
            "turns": turns,
        }
        newer = {"version": str(conversation.number + 1), "version_type": "external"}
        try:
            self._engine.send("POST", self._path(conversation.key), document, budget, query=newer)
        except Failure as failure:
            if failure.said.startswith("409"):
                return False
            raise
        return True

    def _path(self, id: str) -> str:
        return self._engine.in_index(f"_doc/{quote(id, safe='')}", self._name)
