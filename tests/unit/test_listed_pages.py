"""Pages of lists in an index show each entry once, even if all entries have the same time."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from rag.budget import Budget
from rag.conversations.index import ConversationsInIndex
from rag.conversations.share import SHARED, Share, key_of
from rag.conversations.shares_in_index import SharesInIndex
from rag.feedback.index import FeedbackInIndex
from rag.feedback_models import Judgement

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
IDS = ["a1", "b2", "c3", "d4", "e5"]
Page = tuple[list[str], str | None]


def value_of(field: str, hit: dict[str, Any]) -> Any:
    return hit["keys"][field]


class Replicas:
    """An engine whose searches alternate between two replicas, with equal documents in opposite orders."""

    def __init__(self) -> None:
        self.documents = dict[str, dict[str, Any]]()
        self.searches = 0

    @staticmethod
    def in_index(path: str, name: str) -> str:
        return f"/{name}/{path}"

    def send(self, _: str, path: str, body: Any, budget: Budget, **more: Any) -> dict[str, Any]:
        if not path.endswith("_search"):
            self.documents[path.rpartition("/")[2]] = body
            return {}
        self.searches += 1
        hits = [
            {"_id": id, "_source": source, "keys": {**source, "_seq_no": number}}
            for number, (id, source) in enumerate(self.documents.items())
        ][:: 1 if self.searches % 2 else -1]
        for key in reversed(body.get("sort", [])):
            [(field, order)] = key.items()
            hits.sort(key=partial(value_of, field), reverse=order == "desc")
        start = body.get("from", 0)
        return {"hits": {"hits": hits[start : start + body["size"]]}}


def conversations(engine: Any) -> Callable[[str | None], Page]:
    store, budget = ConversationsInIndex(engine, "conversations", NOW.timestamp), Budget(60)
    for id in IDS:
        store.begin(id, "ada", "Why?", None, budget)

    def page(after: str | None) -> Page:
        entries, end = store.listed("ada", 2, after, None, budget)
        return [entry.id for entry in entries], end

    return page


def shares(engine: Any) -> Callable[[str | None], Page]:
    store, budget = SharesInIndex(engine, "conversations", NOW.timestamp), Budget(60)
    until = int(NOW.timestamp()) + 60
    for id in IDS:
        share = Share(id, "ada", "Ada", "c", 1, "Why?", (), 0, until)
        # Without `put`, which also removes what a search for expired links finds.
        document = {"caller": SHARED, "changed": until, "share": share.as_json}
        engine.send("POST", f"/conversations/_doc/{key_of(id)}", document, budget)

    def page(after: str | None) -> Page:
        links, end = store.listed(None, 2, after, budget)
        return [link.id for link in links], end

    return page


def feedback(engine: Any) -> Callable[[str | None], Page]:
    store, budget = FeedbackInIndex(engine, "feedback", 90), Budget(60)
    for id in IDS:
        judged = Judgement(
            id=id, at=NOW, reader="r", rating="up", passages=[], documents=[], grounded=True, model=None, prompt="p"
        )
        store.put(judged, budget)

    def page(after: str | None) -> Page:
        listed, end = store.listed(2, after, budget)
        return [judgement.id for judgement in listed], end

    return page


@pytest.mark.parametrize("listed", [conversations, shares, feedback])
def test_entries_of_one_time_are_shown_once(listed: Callable[[Any], Callable[[str | None], Page]]) -> None:
    page = listed(Replicas())
    shown, after = page(None)
    while after is not None:
        more, after = page(after)
        shown += more
    assert sorted(shown) == IDS
