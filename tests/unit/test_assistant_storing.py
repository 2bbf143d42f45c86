"""Storing documents on a domain: each is stored completely or not at all, and its result says which."""

import json
from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from requests.auth import AuthBase

from calls.starting import NO_CAPACITY
from rag import documents, storing
from rag.budget import Budget
from rag.caller import OPERATOR
from rag.document_models import DocumentsStored
from rag.failures import Absent, Starting, Unavailable
from rag.parts import Parts
from rag.search.domain import DomainSearch
from rag.search.engine import IndexClient
from rag.upload_models import DocumentIn
from settings.runtime_settings import RuntimeSettings as Settings
from tests.unit.edge_requests import SETTINGS

SETTLED = Settings.model_validate({**SETTINGS, "limits": {"passage_characters": 100}})
TEXT = SETTLED.index.text_field
BAD, BUSY, STARTS = "The model refuses this.", "The model is busy.", "The model starts."
REASONS = {BAD: "no such text", BUSY: "throttled", STARTS: NO_CAPACITY}


@dataclass
class Index(IndexClient):
    """An engine in memory, whose model gets `together` texts a call; one refused text fails the whole call."""

    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    together: int = 8
    breaks: str = ""
    bulks: int = 0

    def __post_init__(self) -> None:
        super().__init__(SETTLED, AuthBase())

    def send(self, method: str, path: str, body: Any, budget: Budget, **options: Any) -> Any:
        if self.breaks and self.breaks in path:
            raise Unavailable("The search engine is failing. Try again soon.")
        if path == "/_bulk":
            self.bulks += 1
            return {"items": self._bulk([json.loads(line) for line in body.splitlines()])}
        if path.endswith("/_search") and "aggs" in body:
            return {"aggregations": {"documents": {"buckets": self._whose(body["aggs"]["documents"]["filters"])}}}
        if path.endswith("/_search"):
            return {"hits": {"hits": [{"_id": id, "_source": value} for id, value in self.kept.items()]}}
        return {}

    def _whose(self, each: dict[str, Any]) -> dict[str, Any]:
        buckets = {}
        for at, clause in each["filters"].items():
            (named, _) = clause["bool"]["should"]
            items = [item for item in self.kept.values() if item["document"] in named["terms"]["document"]]
            access = [item.get("osml", {}).get("access", {}) for item in items]
            loaders = [{"key": item.get("loader", "")} for item in access]
            groups = [{"key": group} for item in access for group in item.get("groups", [])]
            buckets[at] = {"doc_count": len(items), "loaders": {"buckets": loaders}, "groups": {"buckets": groups}}
        return buckets

    def _bulk(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if "delete" in lines[0]:
            return [{"delete": {"result": "deleted", "_id": self._gone(line["delete"]["_id"])}} for line in lines]
        items = []
        pairs = list(zip(lines[::2], lines[1::2], strict=True))
        for at in range(0, len(pairs), self.together):
            call = pairs[at : at + self.together]
            refused = next((why for _, source in call for why in REASONS if why in source[TEXT]), "")
            for action, source in call:
                id = action["index"]["_id"]
                if refused:
                    items.append({"index": {"_id": id, "status": 400, "error": {"reason": REASONS[refused]}}})
                else:
                    items.append({"index": {"_id": id, "result": "updated" if id in self.kept else "created"}})
                    self.kept[id] = source
        return items

    def _gone(self, id: str) -> str:
        del self.kept[id]
        return id


def store(index: Index, seconds: float = 20, **texts: str) -> DocumentsStored:
    parts = Parts(SETTLED, DomainSearch(index), None, cast(Any, None))
    return storing.store([DocumentIn(id=id, text=text) for id, text in texts.items()], seconds, OPERATOR, parts)


def words(count: int, end: str = "") -> str:
    """A text of `count` passages, with `end` at the end of the last one."""
    return " ".join("lighthouse " * 8 + "." for _ in range(count)) + end


def test_a_text_that_the_model_refuses_fails_its_document_alone() -> None:
    index = Index()
    stored = store(index, a=words(3), b=f"Fine. {BAD}", c=words(2))
    assert [(document.status, document.retry) for document in stored.documents] == [
        ("stored", None),
        ("failed", "never"),
        ("stored", None),
    ]
    assert {document["document"] for document in index.kept.values()} == {"a", "c"}


@pytest.mark.parametrize(("end", "retry"), [(BAD, "never"), (BUSY, "later")])
def test_a_document_that_fails_in_part_leaves_nothing(end: str, retry: str) -> None:
    index = Index(together=1)
    stored = store(index, 1, long=words(6, end), other="Other.")
    (long, other) = stored.documents
    assert (long.status, long.passages, long.retry, other.status) == ("failed", 0, retry, "stored")
    assert "so none is stored" in str(long.message)
    assert list(index.kept) == ["other"]


def test_while_the_model_starts_the_request_is_refused_and_nothing_is_tried_alone() -> None:
    index = Index()
    with pytest.raises(Starting, match=r"The embedding model was stopped .* in about 6 minutes") as raised:
        store(index, a=f"One. {STARTS}", b=words(3, STARTS), c="Three.")
    assert (raised.value.retry_after, index.kept, index.bulks) == (360, {}, 1)


def test_a_model_that_answers_a_part_of_the_calls_is_told_by_document() -> None:
    stored = store(Index(together=1), a="One.", b=f"Two. {STARTS}")
    assert [(result.id, result.status, result.retry) for result in stored.documents] == [
        ("a", "stored", None),
        ("b", "failed", "later"),
    ]


def test_what_stands_among_parts_of_its_predecessor_is_told_as_that() -> None:
    index = Index(together=1)
    store(index, long=words(6))
    (result,) = store(index, long=words(6, BAD)).documents
    new = len(index.kept) - 1
    assert (result.status, result.passages, result.retry) == ("partial", new, "never")
    assert f"The document has {new} of {new + 1} new passages" in str(result.message)


def test_what_is_stored_is_called_stored_whatever_happens_after_it() -> None:
    index = Index(breaks="_refresh")
    (result,) = store(index, a="One.").documents
    assert (result.status, result.passages, list(index.kept)) == ("stored", 1, ["a"])
    assert "previous version" in str(result.message)


@pytest.mark.parametrize("id", ["", " ", "x" * 481])
def test_an_id_that_no_document_can_have_is_absent_without_a_question_to_the_engine(id: str) -> None:
    parts = Parts(SETTLED, DomainSearch(Index(breaks="/")), None, cast(Any, None))
    for act in (documents.shown, documents.delete):
        with pytest.raises(Absent):
            act(id, 20, OPERATOR, parts)
