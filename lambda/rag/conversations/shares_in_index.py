"""Links to conversations in the index of conversations: one document each."""

from collections.abc import Callable
from time import time
from typing import Any
from urllib.parse import quote

from rag.budget import Budget
from rag.conversations import mark_of
from rag.conversations.share import NO_CURSOR, SHARED, Share, key_of, no_link
from rag.cursor import newest_first, start_of
from rag.failures import AssistantRefused
from rag.search.engine import IndexClient

# The most expired documents that are removed when a new link is stored.
_SWEPT = 20


class SharesInIndex:
    """Documents `{caller: "shared", changed, words, share}`: `changed` is its `until`, `words` the caller's digest."""

    def __init__(self, engine: IndexClient, name: str, clock: Callable[[], float] = time) -> None:
        self._engine, self._name, self._clock = engine, name, clock

    def put(self, share: Share, budget: Budget) -> None:
        document = {
            "caller": SHARED,
            "changed": share.until,
            "words": mark_of(share.caller),
            "share": share.as_json,
        }
        self._engine.send("POST", self._path(share.id), document, budget, query={"refresh": "wait_for"})
        for hit in self._hits([{"range": {"changed": {"lte": int(self._clock())}}}], budget, size=_SWEPT):
            self.remove(hit["_source"]["share"]["id"], budget)

    def read(self, id: str, budget: Budget) -> Share:
        try:
            document = self._engine.send("GET", self._path(id), None, budget)["_source"]
        except AssistantRefused as refused:
            if refused.said.startswith("404") and '"found":false' in refused.said:
                raise no_link() from None
            raise
        if document["caller"] != SHARED or document["changed"] <= self._clock():
            raise no_link()
        return Share.of(document["share"])

    def remove(self, id: str, budget: Budget) -> None:
        try:
            self._engine.send("DELETE", self._path(id), None, budget, query={"refresh": "wait_for"})
        except AssistantRefused as refused:
            if not refused.said.startswith("404"):
                raise

    def listed(
        self, caller: str | None, size: int, after: str | None, budget: Budget
    ) -> tuple[list[Share], str | None]:
        start = start_of(after, size, NO_CURSOR, "A list of links")
        narrowed: list[dict[str, Any]] = [{"range": {"changed": {"gt": int(self._clock())}}}]
        if caller is not None:
            narrowed.append({"match": {"words": mark_of(caller)}})
        paged = {"sort": newest_first("changed"), "from": start, "size": size + 1}
        hits = self._hits(narrowed, budget, **paged)
        shares = [Share.of(hit["_source"]["share"]) for hit in hits[:size]]
        return shares, str(start + size) if len(hits) > size else None

    def _hits(self, narrowed: list[dict[str, Any]], budget: Budget, **more: Any) -> list[dict[str, Any]]:
        body = {"query": {"bool": {"filter": [{"term": {"caller": SHARED}}, *narrowed]}}, **more}
        answer = self._engine.send("POST", self._engine.in_index("_search", self._name), body, budget)
        hits: list[dict[str, Any]] = answer["hits"]["hits"]
        return hits

    def _path(self, id: str) -> str:
        return self._engine.in_index(f"_doc/{quote(key_of(id), safe='')}", self._name)
