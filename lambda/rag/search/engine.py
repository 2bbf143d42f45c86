"""The part of OpenSearch's REST API that domains and collections share."""

import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from rag.budget import Budget
from rag.caller import ACCESS, GROUPS, LOADER, Caller, Held
from rag.failures import RagFailure, Starting, Throttled, Unavailable
from rag.models import PLACE, Source
from rag.search.bulk import BATCH_IDS, BATCH_PASSAGES, Action, batches, results_of
from rag.search.clauses import of_documents, with_ids
from rag.search.hit import fields_of, hits_of, is_for, source_of
from rag.send import Send
from rag.service_failure import EMBEDDING, ENGINE, failure_of, starting, unusable
from rag.wire import Auth, Wire, text_of
from settings.runtime_settings import EngineEmbedding, RuntimeSettings

# An idle collection of the generation NEXTGEN answers its first request after 10 to 30 seconds.
WAKING_SECONDS = 45.0
# The field by which `passages` also sorts, if it is requested.
_SORTED = frozenset(("stored",))
# The default limit of an index for the hits of one search.
MOST_HITS = 10_000
# The most groups and the most loaders of a document that `held` reads.
MOST_GROUPS, _MOST_LOADERS = 1000, 10

_log = logging.getLogger(__name__)


class IndexClient:
    """The environment's index. `auth` signs requests; by default the assistant signs in as the settings define.

    `passages` reads `most_hits` hits with each request.
    """

    def __init__(self, settings: RuntimeSettings, auth: Auth | None = None, most_hits: int = MOST_HITS) -> None:
        if auth is None:
            from rag.sign_in import sign_in

            auth = sign_in(settings.search)
        self.settings = settings
        self.index = settings.index
        self._most_hits = most_hits
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
        again: tuple[type[RagFailure], ...] = (Throttled, Unavailable),
        query: dict[str, str] | None = None,
    ) -> Any:
        """The JSON answer. Tries that fail with one of `again` are repeated; raises a `RagFailure`.

        A try takes at most `most` seconds, by default the time to embed or to wake a collection.
        """
        url = self.settings.search.endpoint.rstrip("/") + path
        seconds = self._most if most is None else most
        data = body.encode() if isinstance(body, str) else None if body is None else json.dumps(body).encode()
        kind = "application/x-ndjson" if isinstance(body, str) else "application/json"
        headers = {} if data is None else {"Content-Type": kind}

        def attempt() -> Any:
            try:
                response = self._wire.send(method, url, budget, seconds, body=data, headers=headers, query=query)
            except Starting as failure:
                raise self._embedding_starts(failure) from None
            try:
                return response.json()
            except ValueError as error:
                raise unusable(ENGINE, f"{method} {path}: {text_of(response)[:200]}") from error

        return budget.retrying(attempt, again)

    def in_index(self, action: str, index: str | None = None) -> str:
        """The path of an action on the index, or on one of its versions."""
        return f"/{quote(index or self.index.name, safe='')}/{action}"

    def sender(self, budget: Budget, *, once: bool = False) -> Send:
        """`send` within `budget`, with a single try if `once`."""
        again: tuple[type[RagFailure], ...] = () if once else (Throttled, Unavailable)
        return lambda method, path, body: self.send(method, path, body, budget, again=again)

    def hits(self, body: dict[str, Any], budget: Budget, *more: str, index: str | None = None) -> list[dict[str, Any]]:
        """The hits of a search with `body`; `more` are further fields of each hit."""
        return hits_of(self.search(body, budget, *more, index=index))

    def search(
        self,
        body: dict[str, Any],
        budget: Budget,
        *more: str,
        index: str | None = None,
        query: dict[str, str] | None = None,
    ) -> Any:
        """Like `hits`, but returns the engine's whole answer; `query` contains the URL parameters."""
        wanted = {**body, "_source": self._fields(*more)}
        return self.send("POST", self.in_index("_search", index), wanted, budget, query=query)

    def hits_of_each(self, bodies: Sequence[dict[str, Any]], budget: Budget, *more: str) -> list[list[dict[str, Any]]]:
        """Like `hits` for several searches in one request; raises the failure of the first that fails."""
        fields = self._fields(*more)
        lines = [json.dumps(line) for body in bodies for line in ({}, {**body, "_source": fields})]
        answer = self.send("POST", self.in_index("_msearch"), "\n".join([*lines, ""]), budget)
        for response in answer["responses"]:
            if "error" in response:
                raise failure_of(ENGINE, int(response.get("status", 500)), json.dumps(response["error"]))
        return [hits_of(response) for response in answer["responses"]]

    def bulk(
        self,
        actions: Iterable[Action],
        budget: Budget,
        again: tuple[type[RagFailure], ...] = (Throttled, Unavailable),
        at_once: int = BATCH_PASSAGES,
    ) -> list[dict[str, Any] | RagFailure]:
        """Send actions in batches and return their results in order. Throttled items are sent again.

        An action is its command line and its document, if it has one.
        """
        results = [
            result for batch in batches(actions, at_once) for result in results_of(self.send, batch, budget, again)
        ]
        return [self._embedding_starts(result) if isinstance(result, Starting) else result for result in results]

    def _embedding_starts(self, failure: Starting) -> Starting:
        """The failure for the engine's embedding model, with the time that this model needs to start."""
        own = self.settings.embedding
        return starting(EMBEDDING, own.start_seconds if isinstance(own, EngineEmbedding) else None, failure.said)

    def held(self, documents: Sequence[str], budget: Budget) -> dict[str, Held]:
        """The groups and loaders of the documents, by id; documents that do not exist are left out."""
        if not documents:
            return {}
        whose = {
            "groups": {"terms": {"field": GROUPS, "size": MOST_GROUPS}},
            "loaders": {"terms": {"field": LOADER, "size": _MOST_LOADERS, "missing": ""}},
        }
        each = {"filters": {str(at): of_documents(self.settings, [document]) for at, document in enumerate(documents)}}
        aggregations = {"documents": {"filters": each, "aggs": whose}}
        body = {"query": of_documents(self.settings, documents), "size": 0, "aggs": aggregations}
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
        """All visible passages of the documents that also match the clauses in `narrowed`, as hits.

        Each hit has the field `document` and the fields in `more`. New passages are visible after a refresh.
        """
        order = [
            {name: {"order": "asc", "unmapped_type": "keyword"}}
            for name in ("document", self.index.id_field, *_SORTED & {*more})
        ]
        of_these, fields = of_documents(self.settings, sorted(set(documents))), ["document", *more]
        query = {"bool": {"filter": [of_these, *narrowed]}} if narrowed else of_these
        body = {"query": query, "size": self._most_hits, "sort": order, "_source": fields}
        while True:
            hits = hits_of(self.send("POST", self.in_index("_search"), body, budget))
            yield from hits
            if len(hits) < self._most_hits:
                return
            body["search_after"] = hits[-1]["sort"]

    def delete(self, ids: Iterable[str], budget: Budget) -> int:
        """Remove passages by `_id`; returns how many existed.

        This does not use delete by query, which scrolls: scrolls need cluster permissions, which a role may lack, and
        collections have no scrolls.
        """
        actions: list[Action] = [({"delete": {"_index": self.index.name, "_id": id}}, None) for id in ids]
        removed = 0
        for result in self.bulk(actions, budget, at_once=BATCH_IDS):
            if isinstance(result, RagFailure):
                raise result
            removed += result["result"] == "deleted"
        return removed

    @property
    def shown_fields(self) -> tuple[str, ...]:
        """The fields of a passage that people see."""
        return (self.index.id_field, "title", *PLACE, self.index.text_field, ACCESS)

    def shown(self, hits: Iterable[dict[str, Any]], caller: Caller) -> list[Source]:
        """The passages of a document, in the order of the numbers at the end of their ids."""
        sources = self.sources(({**hit, "_score": 0.0} for hit in hits), caller)
        return sorted(
            sources, key=lambda source: int(number) if (number := source.id.rpartition("#")[2]).isdecimal() else 0
        )

    def cited(self, ids: Sequence[str], budget: Budget, caller: Caller) -> list[Source]:
        """The passages with these ids that the caller may see, in any order; of several versions, only the last one."""
        if not ids:
            return []
        body = {
            "query": {"bool": {"filter": [with_ids(self.settings, ids), *caller.clauses]}},
            "size": self._most_hits,
            "sort": [{"stored": {"order": "desc", "unmapped_type": "long"}}],
        }
        hits = [{**hit, "_score": 0.0} for hit in self.hits(body, budget)]
        return list({source.id: source for source in reversed(self.sources(hits, caller))}.values())

    def check(self, budget: Budget) -> None:
        """Send a search without hits; raises a `RagFailure` if the index cannot be searched."""
        self.send("POST", self.in_index("_search"), {"size": 0}, budget)

    def sources(self, hits: Iterable[dict[str, Any]], caller: Caller) -> list[Source]:
        """Hits in the API's form. Hits that the caller may not see are left out, even if the engine's filter fails."""
        allowed = [hit for hit in hits if is_for(hit["_source"], caller)]
        return [source_of(hit, self.index.text_field, self.index.id_field) for hit in allowed]

    def _fields(self, *more: str) -> list[str]:
        return fields_of(self.index.text_field, *more, id_field=self.index.id_field)
