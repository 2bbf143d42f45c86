"""Search on a domain or self-managed engine, which embeds questions and passages itself."""

import functools
import logging
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

from rag.budget import Budget
from rag.caller import Caller, Held
from rag.failures import Broken, RagFailure, Unavailable
from rag.filter_models import Filters
from rag.in_parallel import in_parallel
from rag.models import Highlight, Source
from rag.search import Found, Page, Passage, Replaced
from rag.search.bulk import Action
from rag.search.clauses import clauses_of
from rag.search.engine import IndexClient
from rag.search.follow_up import merged
from rag.search.fusion import FUSED
from rag.search.in_use import searched
from rag.search.listing import ANY_PASSAGE, LOADED, MILLISECOND, in_list, listed, moment
from rag.search.nearness import Nearness
from rag.search.query import nearest, parameters

if TYPE_CHECKING:
    from rag.document_models import DocumentList

# Seconds of a request that are reserved for the removal of old and incomplete versions.
TIDYING = 3.0
_log = logging.getLogger(__name__)


class DomainSearch:
    """An index with default pipelines for its embedding model: one embeds passages, the other questions."""

    def __init__(self, engine: IndexClient) -> None:
        self._engine = engine
        self._in_use: dict[str, str] = {}
        self._models: dict[str, str] = {}

    def nearest(self, texts: list[str], filters: Filters | None, size: int, budget: Budget, caller: Caller) -> Found:
        retrieval, wanted = self._engine.settings.retrieval, clauses_of(self._engine.settings, filters, caller)
        most = size if len(texts) == 1 else max(size, FUSED)
        began = perf_counter()
        bodies = [nearest(text, most, self._engine.index, retrieval, wanted) for text in texts]
        lists = in_parallel([functools.partial(self._hits, body, budget) for body in bodies])
        chosen, field = self._engine.settings, self._engine.index.text_field
        hits = merged(
            texts, lists, chosen.min_score, chosen.follow_up, field, functools.partial(self._vectors, budget=budget)
        )
        sources = self._engine.sources(hits[:size], caller)
        if retrieval.marked_by_meaning:
            self._mark(sources, texts[-1], retrieval.marked_by_meaning, budget)
        return Found(sources, search_ms=round((perf_counter() - began) * 1000))

    def replace(self, passages: Sequence[Passage], budget: Budget) -> Replaced:
        """Store the passages, which overwrite those with the same `_id`; then remove all others of each document.

        If some passages of a document fail, its new passages are removed, unless some of them overwrote older ones.
        """
        index, field = self._engine.index.name, self._engine.index.text_field
        actions: list[Action] = [
            ({"index": {"_index": index, "_id": passage.id}}, passage.source(field)) for passage in passages
        ]
        results = self._stored(actions, budget.keeping(TIDYING))
        failed: dict[str, RagFailure] = {}
        of_document: dict[str, list[tuple[str, Any]]] = {}
        for passage, result in zip(passages, results, strict=True):
            of_document.setdefault(passage.document, []).append((passage.id, result))
            if isinstance(result, RagFailure):
                failed[passage.id] = result
        broken = {document for document, those in of_document.items() if any(id in failed for id, _ in those)}
        partial = self._taken_back({document: of_document[document] for document in broken}, budget)
        stored = of_document.keys() - broken
        try:
            if stored:
                # Without a refresh, passages that another request has just stored are not seen, and would stay.
                self._refresh(budget)
                kept = {passage.id for passage in passages}
                ids = [hit["_id"] for hit in self._engine.passages(stored, budget)]
                self._engine.delete([id for id in ids if id not in kept], budget)
                self._refresh(budget)
        except RagFailure as failure:
            _log.warning("Old passages were not removed: %s %s", failure.message, failure.said)
            return Replaced(failed, partial, stored)
        return Replaced(failed, partial)

    def _stored(self, actions: list[Action], budget: Budget) -> list[dict[str, Any] | RagFailure]:
        """The result of each action, in their order.

        If the model refuses a text, all texts of the same embedding call fail. So failed actions are sent again in
        halves.
        """
        results = self._engine.bulk(actions, budget)
        again = [at for at, result in enumerate(results) if type(result) in (Broken, Unavailable)]
        if len(actions) == 1 or not again:
            return results
        middle = (len(again) + 1) // 2
        for half in (again[:middle], again[middle:]):
            if half:
                for at, result in zip(half, self._stored([actions[at] for at in half], budget), strict=True):
                    results[at] = result
        return results

    def _taken_back(self, broken: dict[str, list[tuple[str, Any]]], budget: Budget) -> dict[str, int]:
        """Remove the new passages of documents that failed in part; returns how many passages of each document stay."""
        partial: dict[str, int] = {}
        for document, those in broken.items():
            new = [id for id, result in those if not isinstance(result, RagFailure)]
            over = any(not isinstance(result, RagFailure) and result.get("result") == "updated" for _, result in those)
            try:
                if new and not over:
                    self._engine.delete(new, budget)
                    new = []
            except RagFailure as failure:
                _log.warning("Passages were not taken back: %s %s", failure.message, failure.said)
            if new:
                partial[document] = len(new)
        return partial

    def held(self, documents: Sequence[str], budget: Budget) -> Mapping[str, Held]:
        return self._engine.held(documents, budget)

    def taken(self, passages: Sequence[Passage], budget: Budget) -> Mapping[str, Held]:
        from rag.search.taken import taken

        return taken(self._engine, passages, budget)

    def listed(self, page: Page, budget: Budget, caller: Caller) -> "DocumentList":
        from rag.document_models import DocumentList

        buckets, more = listed(self._engine, page, "osml.loaded", {"passage": ANY_PASSAGE}, budget, caller)
        documents = (
            in_list(
                bucket["key"]["document"],
                bucket["doc_count"],
                bucket["passage"],
                caller,
                moment(bucket[LOADED]["value"], MILLISECOND),
            )
            for bucket in buckets
        )
        return DocumentList(documents=[document for document in documents if document], after=more)

    def shown(self, document: str, budget: Budget, caller: Caller) -> list[Source]:
        engine = self._engine
        hits = engine.passages([document], budget, *engine.shown_fields, narrowed=caller.clauses)
        return engine.shown(hits, caller)

    def cited(self, ids: Sequence[str], budget: Budget, caller: Caller) -> list[Source]:
        return self._engine.cited(ids, budget, caller)

    def remove(self, document: str, budget: Budget) -> int:
        self._refresh(budget)
        removed = self._engine.delete([hit["_id"] for hit in self._engine.passages([document], budget)], budget)
        self._refresh(budget)
        return removed

    def check(self, budget: Budget) -> None:
        self._engine.check(budget)

    def _hits(self, body: dict[str, Any], budget: Budget) -> list[dict[str, Any]]:
        engine = self._engine
        answer = searched(
            engine.index.name,
            self._in_use,
            lambda index: engine.search(body, budget, index=index, query=parameters(engine.settings.retrieval)),
            engine.sender(budget),
            RagFailure,
        )
        hits: list[dict[str, Any]] = answer["hits"]["hits"]
        return hits

    def _vectors(self, texts: Sequence[str], budget: Budget) -> list[list[float]] | None:
        nearness = Nearness(self._engine.sender(budget, once=True), self._models)
        try:
            return nearness.vectors(texts, self._in_use[self._engine.index.name])
        except (RagFailure, ValueError) as error:
            _log.warning("A follow-up is not compared: %s %s", error, getattr(error, "said", ""))
            return None

    def _mark(self, sources: list[Source], question: str, most: int, budget: Budget) -> None:
        """Mark the sentences nearest to the question. If this fails, the passages stay without marks."""
        nearness = Nearness(self._engine.sender(budget, once=True), self._models)
        try:
            marks = nearness.nearest(
                question, [passage.text for passage in sources], most, self._in_use[self._engine.index.name]
            )
        except (RagFailure, ValueError) as error:
            _log.warning("The passages are not marked: %s %s", error, getattr(error, "said", ""))
            return
        for source, ranges in zip(sources, marks, strict=True):
            source.highlights = [Highlight(start=start, end=end) for start, end in ranges]

    def _refresh(self, budget: Budget) -> None:
        self._engine.send("POST", self._engine.in_index("_refresh"), None, budget)
