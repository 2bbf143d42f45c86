"""A domain, or an engine of one's own: it embeds questions and passages itself."""

import logging
from collections.abc import Sequence
from time import perf_counter
from typing import Any

from assistant.budget import Budget
from assistant.failures import Failure
from assistant.models import DocumentList, DocumentListed, Filters, Highlight, Source
from assistant.search import Found, Passage
from assistant.search.engine import TITLE, Engine, title
from assistant.search.nearness import Nearness
from assistant.search.query import nearest

_log = logging.getLogger(__name__)


class Domain:
    """The index's default pipelines know the embedding model: one embeds passages, the other questions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._in_use: str | None = None
        self._models: dict[str, str] = {}

    def nearest(self, question: str, filters: Filters | None, size: int, budget: Budget) -> Found:
        retrieval = self._engine.settings.retrieval
        body = nearest(question, size, self._engine.index, retrieval, self._engine.wanted(filters))
        began = perf_counter()
        found = [self._engine.source(hit) for hit in self._hits(body, budget)[:size]]
        if retrieval.marked_by_meaning:
            self._mark(found, question, retrieval.marked_by_meaning, budget)
        return Found(found, search_ms=round((perf_counter() - began) * 1000))

    def replace(self, passages: Sequence[Passage], budget: Budget) -> dict[str, str]:
        """Passages take the place of those with the same `_id`; then the rest of each document is removed."""
        index, field = self._engine.index.name, self._engine.index.text_field
        actions = [({"index": {"_index": index, "_id": one.id}}, one.source(field)) for one in passages]
        results = self._engine.bulk(actions, budget)
        failed = {
            one.id: result.message for one, result in zip(passages, results, strict=True) if isinstance(result, Failure)
        }
        stored = {one.document for one in passages} - {one.document for one in passages if one.id in failed}
        if stored:
            # What another request has just stored must be seen, or it stays.
            self._refresh(budget)
            kept = {one.id for one in passages}
            found = [hit["_id"] for hit in self._engine.passages(stored, budget)]
            self._engine.delete([id for id in found if id not in kept], budget)
            self._refresh(budget)
        return failed

    def listed(self, size: int, after: str | None, budget: Budget) -> DocumentList:
        found, more = self._engine.listed(size, after, {"title": TITLE}, budget)
        documents = [
            DocumentListed(id=one["key"]["document"], title=title(one["title"]), passages=one["doc_count"])
            for one in found
        ]
        return DocumentList(documents=documents, after=more)

    def remove(self, document: str, budget: Budget) -> int:
        self._refresh(budget)
        removed = self._engine.delete([hit["_id"] for hit in self._engine.passages([document], budget)], budget)
        self._refresh(budget)
        return removed

    def check(self, budget: Budget) -> None:
        self._engine.check(budget)

    def _hits(self, body: dict[str, Any], budget: Budget) -> list[dict[str, Any]]:
        """As the engine's, of one generation of the index from beginning to end.

        A search of the alias is embedded by the generation that it names first, and meets the one that it names after
        that. So the generation is searched that was seen last, and only when it gives nothing, because it went out of
        use or away, the alias is asked for.
        """
        index = self._in_use or self._engine.generation(budget)
        while True:
            failure: Failure | None = None
            hits: list[dict[str, Any]] = []
            try:
                hits = self._engine.hits(body, budget, index=index)
            except Failure as raised:
                failure = raised
            if not hits:
                before, index = index, self._engine.generation(budget)
                if index != before:
                    continue
            self._in_use = index
            if failure:
                raise failure
            return hits

    def _mark(self, found: list[Source], question: str, most: int, budget: Budget) -> None:
        """Name the sentences near to the question; passages are worth having without."""

        def send(method: str, path: str, body: Any) -> Any:
            return self._engine.send(method, path, body, budget, again=())

        nearness = Nearness(send, self._models)
        try:
            marks = nearness.nearest(question, [one.text for one in found], most, self._in_use or "")
        except (Failure, ValueError) as error:
            _log.warning("The passages are not marked: %s %s", error, getattr(error, "cause", ""))
            return
        for source, ranges in zip(found, marks, strict=True):
            source.highlights = [Highlight(start=start, end=end) for start, end in ranges]

    def _refresh(self, budget: Budget) -> None:
        self._engine.send("POST", self._engine.in_index("_refresh"), None, budget)
