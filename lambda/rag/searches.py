"""The searches for one question: for the question itself and, with agentic search, those that the model chooses."""

from collections.abc import Generator, Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from rag.budget import Budget
from rag.caller import Caller
from rag.events import Searched
from rag.failures import Invalid
from rag.filter_models import Filters
from rag.guardrails import Struck
from rag.match import judge
from rag.models import Question, SearchStep, Source
from rag.parts import Parts
from rag.prompt import Turn
from rag.search import Found
from rag.search.query import texts
from rag.usage import Usage

if TYPE_CHECKING:
    from rag.agentic import AgenticSearch


class Searches:
    """The searches for the `question` of `caller`; they find only what the caller may see.

    `steps` are the searches that the model has chosen so far. The model's tokens are added to `usage`.
    """

    def __init__(
        self, question: Question, caller: Caller, parts: Parts, budget: Budget, usage: Usage | None = None
    ) -> None:
        self._question, self._caller, self._parts, self._budget, self._usage = question, caller, parts, budget, usage
        self._size = question.top_k or parts.settings.top_k
        self.steps: list[SearchStep] = []

    def first(self, earlier: Sequence[Turn] = ()) -> Found:
        """The passages nearest to the question, after the turns in `earlier`."""
        most = self._parts.settings.retrieval.earlier_questions
        queries = texts([turn.question for turn in earlier], self._question.question, most)
        return self._nearest(queries, self._question.filters, self._budget)

    def all(self, earlier: Sequence[Turn]) -> Generator[Searched, None, Found]:
        """Run the first search and the searches that the model chooses; returns the passages of all.

        It yields each search of the model when it is done. Raises a `RagFailure`.
        """
        nearest = self.first(earlier)
        if self._parts.agentic is None:
            return nearest
        return (yield from self._further(self._parts.agentic, nearest, earlier))

    def _further(
        self, agentic: "AgenticSearch", nearest: Found, earlier: Sequence[Turn]
    ) -> Generator[Searched, None, Found]:
        # Imported here, because only agentic search needs it.
        from rag.agentic import merged

        began, before = perf_counter(), [turn.question for turn in earlier[-1:]]
        lists = [nearest.sources]
        steps = agentic.steps(self._question.question, before, lists[0], self._search, self._budget, self._usage)
        for step, sources in steps:
            lists.append(sources)
            self.steps.append(step)
            yield Searched(step)
        search_ms = nearest.search_ms + round((perf_counter() - began) * 1000)
        return Found(merged(lists, self._size), search_ms, nearest.embed_ms)

    def _search(self, query: str, filters: Filters | None, budget: Budget) -> list[Source]:
        """One search that the model chose; raises `Invalid` if a guardrail stops or changes its query."""
        try:
            if self._parts.guard.question(query, budget) != query:
                raise Invalid("A guardrail masks a part of this search.")
        except Struck as struck:
            raise Invalid(struck.message) from None
        # The model's filters apply only if the caller gave none.
        return self._nearest([query], self._question.filters or filters, budget).sources

    def _nearest(self, queries: list[str], filters: Filters | None, budget: Budget) -> Found:
        nearest = self._parts.search.nearest(queries, filters, self._size, budget, self._caller)
        for source in nearest.sources:
            judge(source, self._parts.settings.matches, self._parts.settings.access)
        return nearest
