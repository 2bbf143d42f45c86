"""Feedback in an index of the engine: one document each."""

from time import time
from typing import Any
from urllib.parse import quote

from rag.budget import Budget
from rag.cursor import start_of
from rag.failures import AssistantRefused
from rag.feedback import expiry
from rag.feedback_models import Judgement
from rag.search.engine import IndexClient

NO_CURSOR = "`after` is not a cursor of this list of feedback; leave it out to begin at the first page."
# The most expired documents that one write removes.
_SWEPT = 20


class FeedbackInIndex:
    """Documents `{at, expires, feedback}`, with times in seconds since 1970.

    An index has no time to live. So each write of a reader removes some expired documents, and lists leave out others.
    """

    def __init__(self, engine: IndexClient, name: str, days: int) -> None:
        self._engine, self._name, self._days = engine, name, days

    def put(self, feedback: Judgement, budget: Budget) -> None:
        document = {
            "at": int(feedback.at.timestamp()),
            "expires": expiry(feedback, self._days),
            "feedback": feedback.model_dump(mode="json"),
        }
        self._engine.send("POST", self._path(feedback.id), document, budget)

    def remove(self, id: str, budget: Budget) -> None:
        try:
            self._engine.send("DELETE", self._path(id), None, budget)
        except AssistantRefused as refused:
            if not (refused.said.startswith("404") and "not_found" in refused.said):
                raise

    def listed(self, size: int, after: str | None, budget: Budget) -> tuple[list[Judgement], str | None]:
        start = start_of(after, size, NO_CURSOR, "A list of feedback")
        alive = {"range": {"expires": {"gt": int(time())}}}
        body = {"query": alive, "sort": [{"at": "desc"}], "from": start, "size": size + 1}
        hits = self._search(body, budget)
        listed = [Judgement.model_validate(hit["_source"]["feedback"]) for hit in hits[:size]]
        return listed, str(start + size) if len(hits) > size else None

    def sweep(self, budget: Budget) -> None:
        """Remove some of the expired documents."""
        over = {"range": {"expires": {"lte": int(time())}}}
        for hit in self._search({"query": over, "size": _SWEPT, "_source": False}, budget):
            self.remove(hit["_id"], budget)

    def _search(self, body: dict[str, Any], budget: Budget) -> list[dict[str, Any]]:
        answer = self._engine.send("POST", self._engine.in_index("_search", self._name), body, budget)
        hits: list[dict[str, Any]] = answer["hits"]["hits"]
        return hits

    def _path(self, id: str) -> str:
        return self._engine.in_index(f"_doc/{quote(id, safe='')}", self._name)
