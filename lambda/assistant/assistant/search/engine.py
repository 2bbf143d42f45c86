"""OpenSearch's REST API, as far as domain and collection share it."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from requests.auth import AuthBase

from assistant.budget import Budget
from assistant.failures import Failure, Throttled, Unavailable
from assistant.models import Filters, Highlight, Source
from assistant.other_side import ENGINE, failure_of, unusable
from assistant.search.highlight import highlights
from assistant.settings import Settings
from assistant.wire import Wire

# A domain of the smallest size takes bodies of 10 MiB.
BATCH_BYTES = 2_000_000
# A collection of the next generation that went idle answers its first request after 10 to 30 seconds.
WAKING_SECONDS = 45.0
BATCH_PASSAGES, BATCH_IDS = 64, 1000
# An index gives no more hits at once unless told otherwise.
_MOST_HITS = 10_000
TITLE: dict[str, Any] = {"top_hits": {"size": 1, "_source": ["title"]}}

Action = tuple[dict[str, Any], dict[str, Any] | None]


class Engine:
    """The index of the environment. `auth` signs; without it the assistant signs in as the settings say."""

    def __init__(self, settings: Settings, auth: AuthBase | None = None) -> None:
        if auth is None:
            from assistant.sign_in import sign_in

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
        """The JSON answer; a try takes `most` seconds, by default those of an embedding or of a collection's waking."""
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
        """The path of an action on the index, or on one of its generations."""
        return f"/{quote(index or self.index.name, safe='')}/{action}"

    def generation(self, budget: Budget) -> str:
        """The index that the name of the index stands for at the moment; see docs/decisions/0013."""
        [*found] = self.send("GET", self.in_index("_alias"), None, budget)
        return found[0] if len(found) == 1 else self.index.name

    def hits(self, body: dict[str, Any], budget: Budget, *more: str, index: str | None = None) -> list[dict[str, Any]]:
        """What a search with `body` finds, with `more` fields than a source has."""
        fields = ["id", "document", "title", self.index.text_field, *more]
        return _hits(self.send("POST", self.in_index("_search", index), {**body, "_source": fields}, budget))

    def wanted(self, filters: Filters | None) -> list[dict[str, Any]]:
        """The filters as clauses that must all hold."""
        clauses = []
        if filters and filters.document is not None:
            clauses.append(self.of_documents(_listed(filters.document)))
        if filters and filters.title is not None:
            phrases = [{"match_phrase": {"title": title}} for title in _listed(filters.title)]
            clauses.append({"bool": {"should": phrases, "minimum_should_match": 1}})
        return clauses

    def of_documents(self, documents: Sequence[str]) -> dict[str, Any]:
        """The clause that finds the passages of documents.

        On a domain a document may have been loaded past the assistant: then only its `_id` names it.
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
        """Send actions in batches; what became of each, in their order. Throttled items are sent again.

        An action is the line that names it and the document, if it has one.
        """
        results: list[dict[str, Any] | Failure] = []
        for batch in _batches(actions, at_once):
            results += self._batch(batch, budget, again)
        return results

    def passages(self, documents: Iterable[str], budget: Budget, *more: str) -> Iterator[dict[str, Any]]:
        """All passages of the documents as hits with `document` and `more`, as far as the index is refreshed."""
        order = [{name: {"order": "asc", "unmapped_type": "keyword"}} for name in ("document", "id", *more)]
        query, fields = self.of_documents(sorted(set(documents))), ["document", *more]
        body = {"query": query, "size": _MOST_HITS, "sort": order, "_source": fields}
        while True:
            hits = _hits(self.send("POST", self.in_index("_search"), body, budget))
            yield from hits
            if len(hits) < _MOST_HITS:
                return
            body["search_after"] = hits[-1]["sort"]

    def delete(self, ids: Iterable[str], budget: Budget) -> int:
        """Remove passages by `_id`; returns how many there were.

        Not by query: that scrolls, for which a role needs permissions on the cluster, and a collection has it not.
        """
        actions: list[Action] = [({"delete": {"_index": self.index.name, "_id": id}}, None) for id in ids]
        removed = 0
        for result in self.bulk(actions, budget, at_once=BATCH_IDS):
            if isinstance(result, Failure):
                raise result
            removed += result["result"] == "deleted"
        return removed

    def listed(
        self, size: int, after: str | None, aggregations: dict[str, Any], budget: Budget
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Buckets of up to `size` documents by id, and the cursor if there are more: the id of the last one."""
        pages: dict[str, Any] = {"size": size + 1, "sources": [{"document": {"terms": {"field": "document"}}}]}
        if after is not None:
            pages["after"] = {"document": after}
        body = {"size": 0, "aggs": {"documents": {"composite": pages, "aggs": aggregations}}}
        answer = self.send("POST", self.in_index("_search"), body, budget)
        found = answer["aggregations"]["documents"]["buckets"]
        return found[:size], found[size - 1]["key"]["document"] if len(found) > size else None

    def check(self, budget: Budget) -> None:
        """Search for nothing."""
        self.send("POST", self.in_index("_search"), {"size": 0}, budget)

    def source(self, hit: dict[str, Any]) -> Source:
        """A hit as the API gives it."""
        source = hit["_source"]
        own = str(source.get("id") or hit["_id"])
        return Source(
            id=own,
            document=str(source.get("document") or own),
            title=source.get("title"),
            text=str(source.get(self.index.text_field, "")),
            score=hit["_score"],
            highlights=[Highlight(start=start, end=end) for start, end in highlights(hit, self.index.text_field)],
        )

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
    return failure_of(ENGINE, int(result.get("status", 500)), json.dumps(result["error"]))


def _hits(answer: Any) -> list[dict[str, Any]]:
    hits: list[dict[str, Any]] = answer["hits"]["hits"]
    return hits


def title(found: dict[str, Any]) -> str | None:
    """The title that the aggregation `TITLE` has found."""
    return next((hit["_source"].get("title") for hit in _hits(found)), None)


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
