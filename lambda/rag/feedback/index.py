"""Feedback in an index of the engine: one document each."""

from collections.abc import Sequence
from time import time
from typing import Any
from urllib.parse import quote

from rag.budget import Budget
from rag.cursor import newest_first, start_of
from rag.failures import AssistantRefused
from rag.feedback import expiry
from rag.feedback_models import Judgement, Rating
from rag.search.engine import IndexClient

NO_CURSOR = "`after` is not a cursor of this list of feedback; leave it out to begin at the first page."
# The most expired documents that one write removes.
_SWEPT = 20
# A reader who has rated an answer, or withdrawn a rating, sees it in a page that they reload at once.
_AT_ONCE = {"refresh": "true"}


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
        self._engine.send(
            "POST", self._path(feedback.id), document, budget, query=_AT_ONCE if feedback.rating else None
        )

    def remove(self, id: str, budget: Budget) -> None:
        self._remove(id, budget, _AT_ONCE)

    def _remove(self, id: str, budget: Budget, query: dict[str, str] | None = None) -> None:
        try:
            self._engine.send("DELETE", self._path(id), None, budget, query=query)
        except AssistantRefused as refused:
            if not (refused.said.startswith("404") and "not_found" in refused.said):
                raise

    def listed(self, size: int, after: str | None, budget: Budget) -> tuple[list[Judgement], str | None]:
        start = start_of(after, size, NO_CURSOR, "A list of feedback")
        body = {"query": _alive(), "sort": newest_first("at"), "from": start, "size": size + 1}
        hits = self._search(body, budget)
        listed = [Judgement.model_validate(hit["_source"]["feedback"]) for hit in hits[:size]]
        return listed, str(start + size) if len(hits) > size else None

    def ratings(self, token: str, numbers: Sequence[int], budget: Budget) -> dict[int, Rating]:
        number_by_id = {f"{token}-{number}": number for number in numbers}
        these = {"ids": {"values": list(number_by_id)}}
        body = {
            "query": {"bool": {"filter": [these, _alive()]}},
            "size": len(number_by_id),
            "_source": ["feedback.rating"],
        }
        rating_by_id = {hit["_id"]: hit["_source"]["feedback"]["rating"] for hit in self._search(body, budget)}
        return {number_by_id[id]: rating for id, rating in rating_by_id.items() if rating}

    def sweep(self, budget: Budget) -> None:
        """Remove some of the expired documents."""
        over = {"range": {"expires": {"lte": int(time())}}}
        for hit in self._search({"query": over, "size": _SWEPT, "_source": False}, budget):
            self._remove(hit["_id"], budget)

    def _search(self, body: dict[str, Any], budget: Budget) -> list[dict[str, Any]]:
        answer = self._engine.send("POST", self._engine.in_index("_search", self._name), body, budget)
        hits: list[dict[str, Any]] = answer["hits"]["hits"]
        return hits

    def _path(self, id: str) -> str:
        return self._engine.in_index(f"_doc/{quote(id, safe='')}", self._name)


def _alive() -> dict[str, Any]:
    return {"range": {"expires": {"gt": int(time())}}}
