"""From a question to an answer: search, check that documents are near enough, let the model answer, store the turn."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter

from rag.budget import Budget
from rag.events import Answered, Event, Sources, Stage, Text
from rag.evidence import used
from rag.failures import Failure, Invalid
from rag.generation import Generation
from rag.models import Answer, Match, Question, Source, Timings
from rag.parts import Parts
from rag.parts import parts as own_parts
from rag.prompt import Turn
from rag.search import Found
from rag.search.query import texts

NOT_IN_DOCUMENTS = "The documents do not contain an answer to this question."
_log = logging.getLogger(__name__)


def answer(question: Question, caller: str, seconds: float, parts: Parts | None = None) -> Iterator[Event]:
    """Answer the `question` of `caller` within `seconds`; yields events as they happen, `Answered` last.

    `caller` is any text that identifies the caller, who owns the conversation. `parts` defaults to those of the
    environment variable `ASSISTANT`. The work starts when the first event is requested. Raises a `Failure`: `Invalid`
    and `Absent` before the first event, any other at any time.
    """
    parts = own_parts() if parts is None else parts
    asked = _Asked(question, caller, parts, Budget(seconds), perf_counter())
    yield from asked.events()


@dataclass
class _Asked:
    """The processing of one question."""

    question: Question
    caller: str
    parts: Parts
    budget: Budget
    began: float

    def events(self) -> Iterator[Event]:
        most = self.parts.settings.limits.question_characters
        if len(self.question.question) > most:
            raise Invalid(f"The question has {len(self.question.question)} characters. The limit is {most}.")
        earlier = self._earlier()
        yield Stage("searching")
        found = self._found(earlier)
        if not self._is_near(found.sources):
            yield Sources([])
            yield Text(NOT_IN_DOCUMENTS)
            yield self._answered(found, self._kept(earlier, None), NOT_IN_DOCUMENTS, [], None, None)
            return
        yield Sources(found.sources)
        generation = self.parts.generation
        if generation is None:
            yield self._answered(found, self._kept(earlier, ""), None, found.sources, None, None, grounded=True)
            return
        yield Stage("answering")
        model_began = perf_counter()
        said = ""
        for piece in self._pieces(generation, found.sources, earlier):
            said += piece
            yield Text(piece)
        said = said.strip()
        model_ms = _since(model_began)
        conversation = self.question.conversation_id
        if conversation is None or not generation.keeps:
            conversation = self._kept(earlier, said)
        sources = used(said, found.sources)
        # A model that says that the passages hold no answer repeats none of their sentences.
        grounded = any(source.used for source in sources)
        yield self._answered(found, conversation, said, sources, generation.name, model_ms, grounded=grounded)

    def _earlier(self) -> Sequence[Turn]:
        if self.question.conversation_id is None:
            return []
        return self.parts.conversations.turns(self.question.conversation_id, self.caller, self.budget)

    def _found(self, earlier: Sequence[Turn]) -> Found:
        most = self.parts.settings.retrieval.earlier_questions
        asked = texts([turn.question for turn in earlier], self.question.question, most)
        size = self.question.top_k or self.parts.settings.top_k
        found = self.parts.search.nearest(asked, self.question.filters, size, self.budget)
        for source in found.sources:
            source.match = self._match(source.similarity)
        return found

    def _is_near(self, sources: Sequence[Source]) -> bool:
        """Whether one of them is near enough in meaning, whatever else the search has ordered them by."""
        least = self.parts.settings.min_score
        return bool(sources) and (least == 0 or any((source.similarity or 0.0) >= least for source in sources))

    def _match(self, similarity: float | None) -> Match | None:
        if self.parts.settings.matches is None:
            return None
        good, close = self.parts.settings.matches
        if similarity is None or similarity < good:
            return "loose"
        return "close" if similarity >= close else "good"

    def _pieces(self, generation: Generation, sources: Sequence[Source], earlier: Sequence[Turn]) -> Iterator[str]:
        asked = self.question

        def begun() -> tuple[str, Iterator[str]]:
            pieces = generation.pieces(asked.question, sources, earlier, asked.conversation_id, self.budget)
            return next(pieces, ""), pieces

        # After the first piece has been shown, a retry is impossible.
        first, rest = self.budget.retrying(begun)
        yield first
        yield from rest

    def _kept(self, earlier: Sequence[Turn], said: str | None) -> str | None:
        """The conversation, with this turn if something was `said`; None if it could not be created."""
        id = self.question.conversation_id
        turn = None if said is None else Turn(self.question.question, said)
        try:
            if id is None:
                return self.parts.conversations.begin(self.caller, self.question.question, turn, self.budget)
            if turn is not None:
                self.parts.conversations.keep(id, self.caller, earlier, turn, self.budget)
        except Failure as failure:
            # The answer must not be lost because of this; the next question lacks this turn.
            _log.warning("A turn of a conversation was not stored: %s %s", failure.message, failure.said)
        return id

    def _answered(
        self,
        found: Found,
        conversation: str | None,
        said: str | None,
        sources: list[Source],
        model: str | None,
        model_ms: int | None,
        *,
        grounded: bool = False,
    ) -> Answered:
        timings = Timings(
            embed_ms=found.embed_ms, search_ms=found.search_ms, model_ms=model_ms, total_ms=_since(self.began)
        )
        return Answered(
            Answer(
                answer=said,
                grounded=grounded,
                sources=sources,
                model=model,
                conversation_id=conversation,
                timings=timings,
            )
        )


def _since(began: float) -> int:
    return round((perf_counter() - began) * 1000)
