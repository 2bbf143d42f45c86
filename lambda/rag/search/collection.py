"""Search on a collection of OpenSearch Serverless: the assistant embeds, and the collection assigns the ids.

A vector collection takes no `_id` and no `_refresh` (AWS, "Supported operations and plugins in Amazon OpenSearch
Serverless"). So the passages of a document are found by the document's id. A write becomes visible only after the
refresh interval of the collection (10 s for the generation NEXTGEN, 60 s for CLASSIC). Therefore each write of a
document is a new version: readers use the current version, and writers remove the older versions that they see. A
removal deletes all visible passages; passages that become visible later stay.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from time import perf_counter, time_ns
from typing import TYPE_CHECKING, Any

from rag.budget import Budget
from rag.caller import Caller, Held
from rag.embedding import Embedding
from rag.failures import Broken, RagFailure, Throttled
from rag.filter_models import Filters
from rag.in_parallel import in_parallel
from rag.models import Source
from rag.search import Found, Page, Passage, Replaced
from rag.search.clauses import clauses_of, of_documents
from rag.search.engine import IndexClient
from rag.search.follow_up import merged
from rag.search.fusion import FUSED, mixed
from rag.search.listing import ANY_PASSAGE, NANOSECOND, in_list, listed, moment
from rag.search.version import PASSAGES, STORED, Version, aggregation, current, outdated, stored, versions
from rag.search.words import MOST_WORDS, last_words

if TYPE_CHECKING:
    from rag.document_models import DocumentList

_BATCH = 32
# The most searches for one question; a search is repeated while old versions are among the nearest passages.
_SEARCHES = 3
# Seconds of a request that are reserved for the removal of old and incomplete versions.
TIDYING = 3.0
_log = logging.getLogger(__name__)


class CollectionSearch:
    """A collection; `embedding` makes the vectors of questions and passages."""

    def __init__(self, engine: IndexClient, embedding: Embedding) -> None:
        self._engine = engine
        self._embedding = embedding

    def nearest(self, texts: list[str], filters: Filters | None, size: int, budget: Budget, caller: Caller) -> Found:
        """Only passages of current versions; fewer than `size` if old versions are still among the nearest."""
        began = perf_counter()
        embedded = in_parallel([partial(self._vector, text, budget) for text in texts])
        vectors = list(zip(texts, embedded, strict=True))
        embed_ms = round((perf_counter() - began) * 1000)
        began = perf_counter()
        superseded = list[dict[str, Any]]()
        for _search in range(_SEARCHES):
            narrowed = {"bool": {"filter": clauses_of(self._engine.settings, filters, caller), "must_not": superseded}}
            hits = self._hits(vectors, size, narrowed, budget)
            versions = self._versions({str(hit["_source"].get("document")) for hit in hits}, budget)
            good = [hit for hit in hits if _is_current(hit, versions)]
            if len(good) == len(hits):
                break
            superseded += [clause for document, those in versions.items() for clause in outdated(document, those)]
        return Found(self._engine.sources(good, caller), round((perf_counter() - began) * 1000), embed_ms)

    def _vector(self, text: str, budget: Budget) -> list[float]:
        [vector] = budget.retrying(lambda: self._embedding.of_question(text, budget))
        return vector

    def _hits(
        self, vectors: Sequence[tuple[str, list[float]]], size: int, narrowed: dict[str, Any], budget: Budget
    ) -> list[dict[str, Any]]:
        """The best `size` hits for one text and its vector, or for two; `narrowed` is a filter."""
        most = max(size, self._engine.settings.retrieval.looked_at, FUSED if len(vectors) > 1 else 0)
        lists = in_parallel([partial(self._hits_of, text, vector, most, narrowed, budget) for text, vector in vectors])
        settings, known = self._engine.settings, [vector for _, vector in vectors]

        def embed(texts: Sequence[str]) -> list[list[float]] | None:
            try:
                return [*known, *self._embedding.of_texts(texts[len(known) :], budget)]
            except RagFailure as failure:
                _log.warning("A follow-up is not compared: %s %s", failure.message, failure.said)
                return None

        texts, field = [text for text, _ in vectors], settings.index.text_field
        return merged(texts, lists, settings.min_score, settings.follow_up, field, embed)[:size]

    def _hits_of(
        self, text: str, vector: list[float], most: int, narrowed: dict[str, Any], budget: Budget
    ) -> list[dict[str, Any]]:
        """The best hits by meaning, or by words and meaning, in one request."""
        index, retrieval = self._engine.index, self._engine.settings.retrieval
        knn: dict[str, Any] = {"vector": vector, "k": most}
        if any(narrowed["bool"].values()):
            knn["filter"] = narrowed
        meaning = {"query": {"knn": {index.embedding_field: knn}}, "size": most}
        if retrieval.hybrid is None:
            return self._engine.hits(meaning, budget, STORED)
        # This searches title and text as one field, because the index of a collection has no field for both.
        fields = ["title", index.text_field]
        said = {"query": last_words(text, MOST_WORDS // len(fields)), "fields": fields, "type": "cross_fields"}
        words = {"query": {"bool": {"must": [{"multi_match": said}], "filter": [narrowed]}}, "size": most}
        by_words, by_meaning = self._engine.hits_of_each([words, meaning], budget, STORED)
        return mixed(by_words, by_meaning, retrieval.hybrid)

    def replace(self, passages: Sequence[Passage], budget: Budget) -> Replaced:
        """Store the new version, then remove older ones. If a passage of a document failed, remove its new version."""
        work = budget.keeping(TIDYING)
        embedded = self._embedded(passages, work)
        failed = {chunk.id: why for chunk, why in embedded if isinstance(why, RagFailure)}
        index, now = self._engine.index, time_ns()
        of = Counter(passage.document for passage in passages)
        good = [(chunk, vector) for chunk, vector in embedded if not isinstance(vector, RagFailure)]
        actions = [
            (
                {"index": {"_index": index.name}},
                {
                    **chunk.source(index.text_field, index.id_field),
                    index.embedding_field: vector,
                    STORED: now,
                    PASSAGES: of[chunk.document],
                },
            )
            for chunk, vector in good
        ]
        # Only passages that were certainly refused are sent again: without an `_id`, a repeated write adds a passage.
        results = self._engine.bulk(actions, work, again=(Throttled,))
        new: dict[str, list[str]] = {}
        for (chunk, _), result in zip(good, results, strict=True):
            if isinstance(result, RagFailure):
                failed[chunk.id] = result
            else:
                new.setdefault(chunk.document, []).append(result["_id"])
        broken = {passage.document for passage in passages if passage.id in failed}
        self._tidy((id for document in broken for id in new.get(document, [])), budget)
        self._tidy(self._older(dict.fromkeys(of.keys() - broken, now), budget), budget)
        # Passages that could not be removed belong to no current version, so no search finds them.
        return Replaced(failed)

    def held(self, documents: Sequence[str], budget: Budget) -> Mapping[str, Held]:
        """The groups and loaders of all visible versions together."""
        return self._engine.held(documents, budget)

    def taken(self, passages: Sequence[Passage], budget: Budget) -> Mapping[str, Held]:
        from rag.search.taken import taken

        return taken(self._engine, passages, budget)

    def listed(self, page: Page, budget: Budget, caller: Caller) -> "DocumentList":
        """The documents of a page in their current versions; visible older versions are removed."""
        from rag.document_models import DocumentList, DocumentListed

        passages = aggregation(passage=ANY_PASSAGE)
        buckets, more = listed(self._engine, page, STORED, {"versions": passages}, budget, caller)
        documents: list[DocumentListed] = []
        replaced: dict[str, int] = {}
        for bucket in buckets:
            document, those = bucket["key"]["document"], versions(bucket["versions"])
            shown = current(those)
            loaded = moment(shown.stored, NANOSECOND)
            if row := in_list(document, shown.seen, shown.bucket["passage"], caller, loaded):
                documents.append(row)
            if any(other.stored < shown.stored for other in those):
                replaced[document] = shown.stored
        self._tidy(self._older(replaced, budget), budget)
        return DocumentList(documents=documents, after=more)

    def shown(self, document: str, budget: Budget, caller: Caller) -> list[Source]:
        """The passages of the current version."""
        versions = self._versions([document], budget)
        hits = self._engine.passages([document], budget, *self._engine.shown_fields, STORED, narrowed=caller.clauses)
        return self._engine.shown((hit for hit in hits if _is_current(hit, versions)), caller)

    def cited(self, ids: Sequence[str], budget: Budget, caller: Caller) -> list[Source]:
        return self._engine.cited(ids, budget, caller)

    def remove(self, document: str, budget: Budget) -> int:
        """Remove all versions; returns the number of passages of the current one."""
        versions = self._versions([document], budget)
        if document not in versions:
            return 0
        shown = current(versions[document]).stored
        hits = list(self._engine.passages([document], budget, STORED))
        # The current version is removed last, so that no answer uses an older one.
        self._engine.delete((hit["_id"] for hit in hits if stored(hit) != shown), budget)
        return self._engine.delete((hit["_id"] for hit in hits if stored(hit) == shown), budget)

    def remove_of(self, source: str, documents: Sequence[str], budget: Budget) -> int:
        """Remove the visible passages of documents that were loaded from a source; returns the number of passages.

        Versions of these documents that were not loaded from the source stay.
        """
        hits = self._engine.passages(documents, budget, STORED, "osml.source")
        of_it = [hit["_id"] for hit in hits if hit["_source"].get("osml", {}).get("source") == source]
        return self._engine.delete(of_it, budget)

    def check(self, budget: Budget) -> None:
        self._engine.check(budget)

    def _versions(self, documents: Iterable[str], budget: Budget) -> dict[str, list[Version]]:
        """The visible versions by document."""
        wanted = sorted(documents)
        if not wanted:
            return {}
        by_document = {"terms": {"field": "document", "size": len(wanted)}, "aggs": {"versions": aggregation()}}
        body = {"query": of_documents(self._engine.settings, wanted), "size": 0, "aggs": {"documents": by_document}}
        answer = self._engine.send("POST", self._engine.in_index("_search"), body, budget)
        return {
            bucket["key"]: versions(bucket["versions"]) for bucket in answer["aggregations"]["documents"]["buckets"]
        }

    def _older(self, newest: Mapping[str, int], budget: Budget) -> Iterable[str]:
        """The `_id`s of visible passages of versions older than each document's `newest`."""
        for hit in self._engine.passages(newest, budget, STORED) if newest else ():
            if stored(hit) < newest[hit["_source"]["document"]]:
                yield hit["_id"]

    def _tidy(self, ids: Iterable[str], budget: Budget) -> None:
        """Remove passages that no answer uses. If this fails, the next writer that sees them removes them."""
        try:
            self._engine.delete(ids, budget)
        except RagFailure as failure:
            _log.warning("Old passages were not removed: %s %s", failure.message, failure.said)

    def _embedded(self, passages: Sequence[Passage], budget: Budget) -> list[tuple[Passage, list[float] | RagFailure]]:
        embedded: list[tuple[Passage, list[float] | RagFailure]] = []
        for start in range(0, len(passages), _BATCH):
            batch = passages[start : start + _BATCH]
            vectors = self._vectors([chunk.embedded for chunk in batch], budget)
            embedded += zip(batch, vectors, strict=True)
        return embedded

    def _vectors(self, texts: list[str], budget: Budget) -> list[list[float] | RagFailure]:
        try:
            return [*budget.retrying(lambda: self._embedding.of_texts(texts, budget))]
        except RagFailure as failure:
            # If the model refuses one text, the other texts must not fail.
            if len(texts) > 1 and type(failure) is Broken:
                return [vector for text in texts for vector in self._vectors([text], budget)]
            return [failure] * len(texts)


def _is_current(hit: Mapping[str, Any], versions: Mapping[str, Sequence[Version]]) -> bool:
    """Whether a hit belongs to the current version of its document; also True if the document was just removed."""
    those = versions.get(str(hit["_source"].get("document")))
    return those is None or stored(hit) == current(those).stored
