"""Lists of documents, by id or by the time at which they were loaded."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rag.budget import Budget
from rag.caller import ACCESS, Caller, Held, access_in, groups_in
from rag.failures import Invalid
from rag.search import Page
from rag.search.engine import IndexClient
from rag.search.hit import hits_of, is_for

if TYPE_CHECKING:
    from rag.document_models import DocumentListed

# What a list shows of a document, from any of its passages.
ANY_PASSAGE: dict[str, Any] = {"top_hits": {"size": 1, "_source": ["title", ACCESS]}}
# The limit of documents in a list by time.
MOST_BY_TIME = 10_000
LOADED = "loaded"
MILLISECOND, NANOSECOND = 1e-3, 1e-9


def listed(
    client: IndexClient, page: Page, loaded: str, aggregations: dict[str, Any], budget: Budget, caller: Caller
) -> tuple[list[dict[str, Any]], str | None]:
    """The buckets of a page of the caller's documents, and the cursor of the next page, or None.

    `loaded` is the field with the time at which a passage was loaded. The cursor is the id of the last document in a
    list by id, and a number in a list by time.
    """
    aggregations = {**aggregations, LOADED: {"max": {"field": loaded}}}
    if page.order in ("newest", "oldest"):
        return _listed_by_time(client, page, aggregations, budget, caller)
    size, by_id = page.size, {"terms": {"field": "document", "order": page.order}}
    pages: dict[str, Any] = {"size": size + 1, "sources": [{"document": by_id}]}
    if page.after is not None:
        pages["after"] = {"document": page.after}
    body: dict[str, Any] = {"size": 0, "aggs": {"documents": {"composite": pages, "aggs": aggregations}}}
    answer = _listing(client, body, page, budget, caller)
    buckets = answer["aggregations"]["documents"]["buckets"]
    return buckets[:size], buckets[size - 1]["key"]["document"] if len(buckets) > size else None


def _listing(client: IndexClient, body: dict[str, Any], page: Page, budget: Budget, caller: Caller) -> Any:
    clauses = [*caller.clauses, *([_named_like(page.search)] if page.search else [])]
    if clauses:
        body["query"] = {"bool": {"filter": clauses}}
    return client.send("POST", client.in_index("_search"), body, budget)


def _listed_by_time(
    client: IndexClient, page: Page, aggregations: dict[str, Any], budget: Budget, caller: Caller
) -> tuple[list[dict[str, Any]], str | None]:
    """A page of a list by time. An aggregation in this order has no cursor, so the buckets of earlier pages are cut."""
    if page.after is not None and not page.after.isdecimal():
        raise Invalid(f"after is {page.after!r}, which is not a cursor of a list in the order {page.order}.")
    start = int(page.after or 0)
    end = start + page.size
    if end > MOST_BY_TIME:
        raise Invalid(f"A list by time ends after {MOST_BY_TIME:,} documents; list by id, or search.")
    order = {LOADED: "desc" if page.order == "newest" else "asc"}
    by_time = {"field": "document", "size": end + 1, "order": [order, {"_key": "asc"}]}
    body: dict[str, Any] = {"size": 0, "aggs": {"documents": {"terms": by_time, "aggs": aggregations}}}
    answer = _listing(client, body, page, budget, caller)
    buckets = [
        {**bucket, "key": {"document": bucket["key"]}} for bucket in answer["aggregations"]["documents"]["buckets"]
    ]
    return buckets[start:end], str(end) if len(buckets) > end else None


def _named_like(words: str) -> dict[str, Any]:
    """The clause for documents whose id or title contains `words`; in a title, the last word may be incomplete."""
    literal = "".join(f"\\{word}" if word in "*?\\" else word for word in words)
    in_id = {"wildcard": {"document": {"value": f"*{literal}*", "case_insensitive": True}}}
    return {"bool": {"should": [in_id, {"match_phrase_prefix": {"title": words}}], "minimum_should_match": 1}}


def in_list(
    document: str, passages: int, passage: dict[str, Any], caller: Caller, loaded: datetime | None
) -> "DocumentListed | None":
    """A document in the caller's list, from the aggregation `ANY_PASSAGE`; None if it is not for the caller."""
    from rag.document_models import DocumentListed

    source: dict[str, Any] = next((hit["_source"] for hit in hits_of(passage)), {})
    if not is_for(source, caller):
        return None
    groups, loader = groups_in(source), str(access_in(source).get("loader") or "")
    return DocumentListed(
        id=document,
        title=source.get("title"),
        passages=passages,
        groups=groups,
        loader=loader or None if caller.has("owner") else None,
        removable=caller.changes(Held(frozenset(groups), frozenset([loader]))),
        loaded=loaded,
        original=access_in(source).get("original"),
    )


def moment(value: float | None, unit: float) -> datetime | None:
    """The time in a field that counts units of `unit` seconds since 1970; None if the field has no value."""
    return datetime.fromtimestamp(value * unit, UTC) if value else None
