"""Ids of passages that other documents already have."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from rag.budget import Budget
from rag.search import Passage
from rag.search.engine import IndexClient
from rag.search.taken import taken


def of(hits: list[dict[str, Any]]) -> dict[str, list[str]]:
    client = SimpleNamespace(
        settings=SimpleNamespace(index=SimpleNamespace(id_field="id"), search=SimpleNamespace(service="aoss")),
        index=SimpleNamespace(id_field="id"),
        in_index=lambda action: f"/articles/{action}",
        send=lambda *_: {"hits": {"hits": hits}},
    )
    passages = [Passage("leave#2", "leave", None, "Leave is 30 days.")]
    return {id: sorted(held.loaders) for id, held in taken(cast(IndexClient, client), passages, Budget(5)).items()}


@pytest.mark.parametrize("id", ["leave#2", ["leave#2", "other"], ["other", "leave#2"]])
def test_another_document_with_the_id_of_a_new_passage_is_named(id: Any) -> None:
    access = {"osml": {"access": {"loader": "ann"}}}
    assert of([{"_id": "x", "_source": {"id": id, "document": "leave#2", **access}}]) == {"leave": ["ann"]}


def test_the_document_itself_is_not_another_one() -> None:
    assert of([{"_id": "x", "_source": {"id": "leave#2", "document": "leave"}}]) == {}
