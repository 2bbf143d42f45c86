"""The text of one answer, from the cache or from the model. Both pass through the guardrails."""

from collections.abc import Iterator, Sequence
from itertools import chain
from time import perf_counter
from typing import TYPE_CHECKING

from rag.budget import Budget
from rag.conversations import Conversation
from rag.generation import Generation
from rag.models import Source
from rag.parts import Parts
from rag.usage import Usage

if TYPE_CHECKING:
    from rag.answer_cache import CachedAnswer


class AnswerText:
    """The answer of `generation` to `question` from the passages in `sources`; the tokens are added to `usage`.

    After the last piece, `text` is the whole answer. `model_ms` is the time of the model in milliseconds, None for an
    answer from the cache.
    """

    def __init__(
        self,
        generation: Generation,
        question: str,
        sources: Sequence[Source],
        stored: Conversation | None,
        parts: Parts,
        budget: Budget,
        usage: Usage | None = None,
    ) -> None:
        self.generation = generation
        self._question, self._sources, self._parts, self._usage = question, sources, parts, usage
        self._earlier = stored.answered if stored else ()
        self._conversation = (stored.key or None) if stored else None
        self._budget = budget
        self._place: CachedAnswer | None = None
        self.text = ""
        self.model_ms: int | None = None

    @property
    def cached(self) -> bool:
        """Whether the answer comes from the cache."""
        return bool(self._place and self._place.text)

    def pieces(self) -> Iterator[str]:
        """The pieces that the guardrails allow; raises `RagFailure`, and `Struck` if a guardrail stops the answer."""
        began = perf_counter()
        if self._parts.cache:
            self._place = self._parts.cache.find(self._question, self._sources, self._earlier, self._budget)
        given = self._place.text if self._place else None
        passages = [source.text for source in self._sources]
        written = iter([given]) if given else self._written()
        for piece in self._parts.guard.answer(written, self._question, passages, self._budget):
            self.text += piece
            yield piece
        self.text = self.text.strip()
        if not given:
            self.model_ms = round((perf_counter() - began) * 1000)

    def keep(self) -> None:
        """Store this answer in the cache, unless it comes from there."""
        if self._place and not self.cached:
            self._place.keep(self.text, self._budget)

    def _written(self) -> Iterator[str]:
        def begun() -> tuple[str, Iterator[str]]:
            pieces = self.generation.pieces(
                self._question, self._sources, self._earlier, self._conversation, self._budget, self._usage
            )
            return next(pieces, ""), pieces

        # After the first piece has been shown, a retry is impossible.
        first, rest = self._budget.retrying(begun)
        yield from chain([first], rest)
