"""Agentic search: the answer model reads the passages of the first search, and may call further searches.

It ends when the model fails, makes no call that finds a passage, or reaches a limit. The passages found until then are
used.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from pydantic import ValidationError

from rag.budget import Budget
from rag.failures import RagFailure
from rag.filter_models import Filters
from rag.models import MOST_QUESTION_CHARACTERS, SearchStep, Source
from rag.tool_prompt import SearchResult, SearchRound, ToolCall, ToolCaller, ToolPrompt
from rag.usage import Usage
from settings.retrieval import Agentic

# Added to each rank in `merged`: the first two passages of each search come before the third passage of any search.
_RANK = 2
# The share of the remaining time that further searches may take; the answer needs the rest.
_SHARE = 0.5
_log = logging.getLogger(__name__)
Search = Callable[[str, Filters | None, Budget], list[Source]]


class AgenticSearch:
    """Runs the searches that `model` chooses.

    `control_tokens` are those of its model family. `fields` maps the declared fields of documents to their types.
    """

    def __init__(
        self, model: ToolCaller, agentic: Agentic, control_tokens: Sequence[str], fields: Mapping[str, str]
    ) -> None:
        self._model, self._agentic, self._control_tokens, self._fields = model, agentic, control_tokens, fields

    def steps(
        self,
        question: str,
        earlier: Sequence[str],
        first: list[Source],
        search: Search,
        budget: Budget,
        usage: Usage | None = None,
    ) -> Iterator[tuple[SearchStep, list[Source]]]:
        """Run the searches that the model chooses, and yield each search with the passages that it found.

        `first` contains the passages that the search for the question found. The model's tokens are added to `usage`.
        """
        known = {source.id for source in first}
        within = budget.atmost(min(self._agentic.seconds, budget.left() * _SHARE))
        rounds: list[SearchRound] = []
        done: list[tuple[str, Filters | None]] = []
        most = self._agentic.searches
        try:
            for _ in range(self._agentic.rounds):
                prompt = ToolPrompt(
                    question, earlier, _passages(first), rounds, most, self._fields, self._control_tokens
                )
                choice = self._model.choice(prompt, within, usage or Usage())
                choice = replace(choice, calls=choice.calls[:most])
                results = []
                for call in choice.calls:
                    wanted = _wanted(call)
                    if wanted is None or wanted in done:
                        results.append(SearchResult([]))
                        continue
                    done.append(wanted)
                    query, filters = wanted
                    sources = search(query, filters, within)
                    results.append(_passages(sources))
                    new = {source.id for source in sources} - known
                    known |= new
                    yield SearchStep(query=query, filters=filters, passages=len(sources), new=len(new)), sources
                if not any(result.texts for result in results):
                    break
                rounds.append(SearchRound(choice, results))
        except RagFailure as failure:
            _log.warning("Agentic search ended early: %s %s", failure.message, failure.said)


def merged(lists: Sequence[list[Source]], size: int) -> list[Source]:
    """Up to `size` passages of all lists, ordered by their ranks in the lists.

    The similarity of a passage is its highest similarity in any list.
    """
    if len(lists) == 1:
        return lists[0][:size]
    best: dict[str, Source] = {}
    scores: dict[str, float] = {}
    for sources in lists:
        for rank, source in enumerate(sources, start=1):
            scores[source.id] = scores.get(source.id, 0) + 1 / (_RANK + rank)
            kept = best.setdefault(source.id, source)
            if (source.similarity or 0) > (kept.similarity or 0):
                best[source.id] = source
    ordered = sorted(best, key=lambda id: -scores[id])
    return [best[id].model_copy(update={"score": scores[id]}) for id in ordered[:size]]


def _wanted(call: ToolCall) -> tuple[str, Filters | None] | None:
    """The query and the filters of a call; None if it has no query, or invalid filters."""
    query = call.arguments.get("query")
    query = " ".join(query.split())[:MOST_QUESTION_CHARACTERS] if isinstance(query, str) else ""
    limits = {"document": call.arguments.get("documents") or None, "fields": call.arguments.get("fields") or None}
    try:
        filters = Filters.model_validate(limits) if any(limits.values()) else None
    except ValidationError:
        return None
    return (query, filters) if query else None


def _passages(sources: Sequence[Source]) -> SearchResult:
    return SearchResult([(source.document, source.text) for source in sources])
