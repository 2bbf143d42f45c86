"""Conversations in the engine's own memory (ml-commons), where the answering search pipeline keeps its turns.

A memory belongs to the role that made it, which is the assistant's for all callers: so each memory's name begins
with a digest of its caller.
"""

from collections.abc import Sequence
from urllib.parse import quote

from assistant.budget import Budget
from assistant.conversations import MOST_TURNS, absent, mark_of
from assistant.failures import Refused
from assistant.prompt import Turn
from assistant.search.engine import Engine

_MEMORY = "/_plugins/_ml/memory"
_SHOWN = 60


class ConversationMemory:
    """Memories of the engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, caller: str, question: str, turn: Turn | None, budget: Budget) -> str:
        name = f"{mark_of(caller)} {' '.join(question.split())[:_SHOWN]}"
        id = str(self._engine.send("POST", _MEMORY, {"name": name}, budget)["memory_id"])
        if turn is not None:
            self.keep(id, caller, [], turn, budget)
        return id

    def turns(self, id: str, caller: str, budget: Budget) -> Sequence[Turn]:
        path = f"{_MEMORY}/{quote(id, safe='')}"
        try:
            name = str(self._engine.send("GET", path, None, budget).get("name", ""))
        except Refused as refused:
            if refused.cause.startswith("404"):
                raise absent() from None
            raise
        if not name.startswith(f"{mark_of(caller)} "):
            raise absent()
        newest_first = {"query": {"match_all": {}}, "sort": [{"create_time": "desc"}], "size": MOST_TURNS}
        found = self._engine.send("POST", f"{path}/_search", newest_first, budget)["hits"]["hits"]
        return [Turn(hit["_source"]["input"], hit["_source"]["response"]) for hit in reversed(found)]

    def keep(self, id: str, caller: str, earlier: Sequence[Turn], turn: Turn, budget: Budget) -> None:  # noqa: ARG002
        body = {"input": turn.question, "response": turn.answer, "origin": "osml"}
        self._engine.send("POST", f"{_MEMORY}/{quote(id, safe='')}/messages", body, budget)
