"""The part of OpenSearch's REST API that domains and collections share."""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from requests.auth import AuthBase

from corpus.bulk import LATER, passes
from rag.budget import Budget
from rag.caller import ACCESS, GROUPS, LOADER, Caller, Held, access_in, groups_in
from rag.failures import Failure, Invalid, Throttled, Unavailable
from rag.models import PLACE, Filters, Source
from rag.other_side import ENGINE, failure_of, unusable
from rag.search import Page
from rag.search.hit import fields_of, source_of
from rag.send import Send
from rag.wire import Wire
from settings.runtime_settings import RuntimeSettings

if TYPE_CHECKING:
    from rag.document_models import DocumentListed

# The smallest domain takes bodies of at most 10 MiB.
BATCH_BYTES = 2_000_000
# An idle collection of the generation NEXTGEN answers its first request after 10 to 30 seconds.
WAKING_SECONDS = 45.0
BATCH_PASSAGES, BATCH_IDS = 64, 1000
# Of fields that passages are asked for with, the one that has an order of its own.
_SORTED = frozenset(("stored",))
# An index gives no more hits at once unless told otherwise.
_MOST_HITS = 10_000
# What a list shows of a document, from any of its passages.
ANY_PASSAGE: dict[str, Any] = {"top_hits": {"size": 1, "_source": ["title", ACCESS]}}
# The limits of groups of a document, and of loaders that are counted.
MOST_GROUPS, _MOST_LOADERS = 1000, 10
# The limit of documents in a list by time.
MOST_BY_TIME = 10_000
LOADED = "loaded"
MILLISECOND, NANOSECOND = 1e-3, 1e-9

_log = logging.getLogger(__name__)

Action = tuple[dict[str, Any], dict[str, Any] | None]


class IndexClient:
    """The environment's index. `auth` signs requests; by default the assistant signs in as the settings define."""

    def __init__(self, settings: RuntimeSettings, auth: AuthBase | None = None) -> None:
        if auth is None:
            from rag.sign_in import sign_in

            auth = sign_in(settings.search)
        self.settings = settings
        self.index = settings.index
        self._wire = Wire(ENGINE, settings.timeouts.connection, auth)
        waking = WAKING_SECONDS if settings.search.service == "aoss" else 0.0
        self._most = max(settings.timeouts.embedding, waking)

    def send(
        self,
        method: str,
        path: str,
        body: Any,
        budget: Budget,
        *,
        most: float | None = None,
        again: tuple[type[Failure], ...] = (Throttled, Unavailable),
        query: dict[str, str] | None = None,
    ) -> Any:
        """The JSON answer; a try takes at most `most` seconds, by default the time to embed or to wake a collection."""
        url = self.settings.search.endpoint.rstrip("/") + path
        seconds = self._most if most is None else most
        data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        kind = "application/x-ndjson" if isinstance(body, str) else "application/json"
        headers = {} if data is None else {"Content-Type": kind}

        def attempt() -> Any:
            response = self._wire.send(method, url, budget, seconds, data=data, headers=headers, params=query)
            try:
                return response.json()
            except ValueError as error:
                raise unusable(ENGINE, f"{method} {path}: {response.text[:200]}") from error

        return budget.retrying(attempt, again)

    def in_index(self, action: str, index: str | None = None) -> str:
        """The path of an action on the index, or on one of its versions."""
        return f"/{quote(index or self.index.name, safe='')}/{action}"

    def sender(self, budget: Budget, *, once: bool = False) -> Send:
        """`send` within `budget`, with a single try if `once`."""
        again: tuple[type[Failure], ...] = () if once else (Throttled, Unavailable)
        return lambda method, path, body: self.send(method, path, body, budget, again=again)

    def hits(self, body: dict[str, Any], budget: Budget, *more: str, index: str | None = None) -> list[dict[str, Any]]:
        """The sources that a search with `body` finds, with `more` fields."""
        return _hits(self.search(body, budget, *more, index=index))

    def search(
        self,
        body: dict[str, Any],
        budget: Budget,
        *more: str,
        index: str | None = None,
        query: dict[str, str] | None = None,
    ) -> Any:
        """Like `hits`, but the engine's whole answer; `query` are the parameters of the address."""
        wanted = {**body, "_source": fields_of(self.index.text_field, *more)}
        return self.send("POST", self.in_index("_search", index), wanted, budget, query=query)

    def hits_of_each(self, bodies: Sequence[dict[str, Any]], budget: Budget, *more: str) -> list[list[dict[str, Any]]]:
        """Like `hits` for several searches in one request; raises the failure of the first that fails."""
        fields = fields_of(self.index.text_field, *more)
        lines = [json.dumps(line) for body in bodies for line in ({}, {**body, "_source": fields})]
        answer = self.send("POST", self.in_index("_msearch"), "\n".join([*lines, ""]), budget)
        for response in answer["responses"]:
            if "error" in response:
                raise failure_of(ENGINE, int(response.get("status", 500)), json.dumps(response["error"]))
        return [_hits(response) for response in answer["responses"]]

    def wanted(self, filters: Filters | None, caller: Caller) -> list[dict[str, Any]]:
        """The filters as clauses that must all match, after those of what the caller may see."""
        clauses = caller.clauses
        if filters and filters.document is not None:
            clauses.append(self.of_documents(_listed(filters.document)))
        if filters and filters.title is not None:
            phrases = [{"match_phrase": {"title": title}} for title in _listed(filters.title)]
            clauses.append({"bool": {"should": phrases, "minimum_should_match": 1}})
        return clauses

    def of_documents(self, documents: Sequence[str]) -> dict[str, Any]:
        """The clause for the passages of documents.

        A document on a domain that was loaded without the assistant has only its `_id` as its name.
        """
        named = {"terms": {"document": list(documents)}}
        if self.settings.search.service == "aoss":
            return named
        return {"bool": {"should": [named, {"ids": {"values": list(documents)}}], "minimum_should_match": 1}}

    def bulk(
        self,
        actions: Iterable[Action],
        budget: Budget,
        again: tuple[type[Failure], ...] = (Throttled, Unavailable),
        at_once: int = BATCH_PASSAGES,
    ) -> list[dict[str, Any] | Failure]:
        """Send actions in batches and return their results in order. Throttled items are sent again.

        An action is its command line and its document, if it has one.
        """
        results: list[dict[str, Any] | Failure] = []
        for batch in _batches(actions, at_once):
            results += self._batch(batch, budget, again)
        return results

    def held(self, documents: Sequence[str], budget: Budget) -> dict[str, Held]:
        """Whose the documents are, by id; without those that do not exist."""
        if not documents:
            return {}
        whose = {
            "groups": {"terms": {"field": GROUPS, "size": MOST_GROUPS}},
            "loaders": {"terms": {"field": LOADER, "size": _MOST_LOADERS, "missing": ""}},
        }
        each = {"filters": {str(at): self.of_documents([document]) for at, document in enumerate(documents)}}
        aggregations = {"documents": {"filters": each, "aggs": whose}}
        body = {"query": self.of_documents(documents), "size": 0, "aggs": aggregations}
        answer = self.send("POST", self.in_index("_search"), body, budget)
        buckets = answer["aggregations"]["documents"]["buckets"]
        return {
            document: Held(*(frozenset(term["key"] for term in bucket[name]["buckets"]) for name in whose))
            for at, document in enumerate(documents)
            if (bucket := buckets[str(at)])["doc_count"]
        }

    def passages(
        self, documents: Iterable[str], budget: Budget, *more: str, narrowed: Sequence[dict[str, Any]] = ()
    ) -> Iterator[dict[str, Any]]:
        """All passages of the documents as hits with `document` and `more`, as far as the index is refreshed.

        Only those that are also `narrowed` to some clauses.
        """
        order = [
            {name: {"order": "asc", "unmapped_type": "keyword"}} for name in ("document", "id", *_SORTED & {*more})
        ]
        of_these, fields = self.of_documents(sorted(set(documents))), ["document", *more]
        query = {"bool": {"filter": [of_these, *narrowed]}} if narrowed else of_these
        body = {"query": query, "size": _MOST_HITS, "sort": order, "_source": fields}
        while True:
            hits = _hits(self.send("POST", self.in_index("_search"), body, budget))
            yield from hits
            if len(hits) < _MOST_HITS:
                return
            body["search_after"] = hits[-1]["sort"]

    def delete(self, ids: Iterable[str], budget: Budget) -> int:
        """Remove passages by `_id`; returns how many existed.

        This does not use delete by query, which scrolls: a role needs cluster permissions for it, and a collection has
        none.
        """
        actions: list[Action] = [({"delete": {"_index": self.index.name, "_id": id}}, None) for id in ids]
        removed = 0
        for result in self.bulk(actions, budget, at_once=BATCH_IDS):
            if isinstance(result, Failure):
                raise result
            removed += result["result"] == "deleted"
        return removed

    def listed(
        self, page: Page, loaded: str, aggregations: dict[str, Any], budget: Budget, caller: Caller
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Buckets of the caller's documents of a page, and the cursor if there are more: the id of the last one.

        `loaded` is the field with the time at which a passage was loaded; by time, the cursor is a number.
        """
        aggregations = {**aggregations, LOADED: {"max": {"field": loaded}}}
        if page.order in ("newest", "oldest"):
            return self._listed_by_time(page, aggregations, budget, caller)
        size, by_id = page.size, {"terms": {"field": "document", "order": page.order}}
        pages: dict[str, Any] = {"size": size + 1, "sources": [{"document": by_id}]}
        if page.after is not None:
            pages["after"] = {"document": page.after}
        body: dict[str, Any] = {"size": 0, "aggs": {"documents": {"composite": pages, "aggs": aggregations}}}
        answer = self._listing(body, page, budget, caller)
        buckets = answer["aggregations"]["documents"]["buckets"]
        return buckets[:size], buckets[size - 1]["key"]["document"] if len(buckets) > size else None

    def _listing(self, body: dict[str, Any], page: Page, budget: Budget, caller: Caller) -> Any:
        clauses = [*caller.clauses, *([_named_like(page.search)] if page.search else [])]
        if clauses:
            body["query"] = {"bool": {"filter": clauses}}
        return self.send("POST", self.in_index("_search"), body, budget)

    def _listed_by_time(
        self, page: Page, aggregations: dict[str, Any], budget: Budget, caller: Caller
    ) -> tuple[list[dict[str, Any]], str | None]:
        """An aggregation in the order of a value has no cursor: the buckets of the pages before are left out here."""
        if page.after is not None and not page.after.isdecimal():
            raise Invalid(f"after is {page.after!r}, which is no cursor of a list in the order {page.order}.")
        start = int(page.after or 0)
        end = start + page.size
        if end > MOST_BY_TIME:
            raise Invalid(f"A list by time ends after {MOST_BY_TIME:,} documents; list by id, or search.")
        order = {LOADED: "desc" if page.order == "newest" else "asc"}
        by_time = {"field": "document", "size": end + 1, "order": [order, {"_key": "asc"}]}
        body: dict[str, Any] = {"size": 0, "aggs": {"documents": {"terms": by_time, "aggs": aggregations}}}
        answer = self._listing(body, page, budget, caller)
        buckets = [
            {**bucket, "key": {"document": bucket["key"]}} for bucket in answer["aggregations"]["documents"]["buckets"]
        ]
        return buckets[start:end], str(end) if len(buckets) > end else None

    @property
    def shown_fields(self) -> tuple[str, ...]:
        """Those of a passage that people are shown."""
        return ("id", "title", *PLACE, self.index.text_field, ACCESS)

    def shown(self, hits: Iterable[dict[str, Any]], caller: Caller) -> list[Source]:
        """The passages of a document in their order: that of the numbers at the end of their ids."""
        sources = self.sources(({**hit, "_score": 0.0} for hit in hits), caller)
        return sorted(
            sources, key=lambda source: int(number) if (number := source.id.rpartition("#")[2]).isdecimal() else 0
        )

    def check(self, budget: Budget) -> None:
        """Search for nothing."""
        self.send("POST", self.in_index("_search"), {"size": 0}, budget)

    def sources(self, hits: Iterable[dict[str, Any]], caller: Caller) -> list[Source]:
        """Hits in the API's form. A hit that the caller may not see is left out, whatever the engine's filter did."""
        allowed = [hit for hit in hits if _is_for(hit["_source"], caller)]
        return [source_of(hit, self.index.text_field) for hit in allowed]

    def _batch(
        self,
        batch: list[Action],
        budget: Budget,
        again: tuple[type[Failure], ...],
    ) -> list[dict[str, Any] | Failure]:
        results: list[dict[str, Any] | Failure] = [Throttled("Not tried.")] * len(batch)
        waiting = list(range(len(batch)))

        def attempt() -> None:
            lines = [json.dumps(part) for place in waiting for part in batch[place] if part is not None]
            answer = self.send("POST", "/_bulk", "\n".join([*lines, ""]), budget, again=())
            for place, item in zip(list(waiting), answer["items"], strict=True):
                [result] = item.values()
                results[place] = _refusal(result) if "error" in result else result
            waiting[:] = [place for place in waiting if isinstance(results[place], Throttled)]
            if waiting:
                raise results[waiting[0]]  # type: ignore[misc]

        try:
            budget.retrying(attempt, again)
        except Failure as failure:
            for place in waiting:
                results[place] = failure
        return results


def _refusal(result: dict[str, Any]) -> Failure:
    status, error = int(result.get("status", 500)), result["error"]
    # What embeds gives a status of its own choice, and its model's in the reason.
    is_model = status not in (*LATER, 403) and passes(error, status)
    return failure_of(ENGINE, 429 if is_model else status, json.dumps(error))


def _named_like(words: str) -> dict[str, Any]:
    """The clause that finds documents whose id holds `words`, or whose title has them, the last one begun."""
    literal = "".join(f"\\{word}" if word in "*?\\" else word for word in words)
    in_id = {"wildcard": {"document": {"value": f"*{literal}*", "case_insensitive": True}}}
    return {"bool": {"should": [in_id, {"match_phrase_prefix": {"title": words}}], "minimum_should_match": 1}}


def _hits(answer: Any) -> list[dict[str, Any]]:
    hits: list[dict[str, Any]] = answer["hits"]["hits"]
    return hits


def in_list(
    document: str, passages: int, passage: dict[str, Any], caller: Caller, loaded: datetime | None
) -> "DocumentListed | None":
    """A document in the caller's list, from the aggregation `ANY_PASSAGE`; None if it is not for the caller."""
    from rag.document_models import DocumentListed

    source: dict[str, Any] = next((hit["_source"] for hit in _hits(passage)), {})
    if not _is_for(source, caller):
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
    )


def moment(value: float | None, unit: float) -> datetime | None:
    """The time that a field holds, in a `unit` of so many seconds since the epoch; None if it holds none."""
    return datetime.fromtimestamp(value * unit, UTC) if value else None


def _is_for(source: Mapping[str, Any], caller: Caller) -> bool:
    if caller.sees(groups_in(source)):
        return True
    # The field is missing from the mapping, or the engine has found what it was not asked for.
    _log.error("A passage of other groups was found and left out. Deploy again, so that the index knows %s.", GROUPS)
    return False


def _listed(wanted: str | list[str]) -> list[str]:
    return [wanted] if isinstance(wanted, str) else wanted


def _batches(actions: Iterable[Action], at_once: int) -> Iterable[list[Action]]:
    batch: list[Action] = []
    held = 0
    for action in actions:
        size = len(json.dumps(action))
        if batch and (len(batch) >= at_once or held + size > BATCH_BYTES):
            yield batch
            batch, held = [], 0
        batch.append(action)
        held += size
    if batch:
        yield batch
