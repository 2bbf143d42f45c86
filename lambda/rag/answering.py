"""From a question to an answer: search, check that documents are near enough, let the model answer.

Guardrails check the question before the search, and the answer before anybody sees it.

The turn is stored after the answer has gone.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from time import perf_counter
from typing import TYPE_CHECKING

from rag.budget import Budget
from rag.caller import Caller
from rag.conversations import MOST_TURNS, Conversation
from rag.conversations.conversation_id import ConversationId
from rag.events import Answered, Event, Searched, Sources, Stage, Text
from rag.evidence import used
from rag.failures import Invalid
from rag.generation import Generation
from rag.guardrails import Struck
from rag.match import is_near, judge
from rag.models import Answer, Blocked, Filters, Question, SearchStep, Source, Timings
from rag.origin import Origin, cited, version_of
from rag.parts import Parts
from rag.parts import parts as own_parts
from rag.prompt import Turn
from rag.search import Found
from rag.search.query import texts
from rag.usage import Usage

if TYPE_CHECKING:
    from rag.agentic import AgenticSearch
    from rag.answer_cache import CachedAnswer

NOT_IN_DOCUMENTS = "The documents do not contain an answer to this question."


def answer(
    question: Question,
    caller: Caller,
    seconds: float,
    parts: Parts | None = None,
    turns: Sequence[Turn] | None = None,
    usage: Usage | None = None,
) -> Iterator[Event]:
    """Answer the `question` of `caller` within `seconds`; yields events as they happen, `Answered` last.

    The `caller` owns the conversation, and the answer is from passages that they may see. `parts` defaults to those of
    the environment variable `ASSISTANT`. The work starts when the first event is requested. The caller calls the `keep`
    of `Answered`, which stores the turn. With `turns` the caller holds the conversation, and nothing is stored.
    `usage` gets the tokens.

    Raises a `RagFailure`: `Invalid` and `Absent` before the first event, any other at any time.
    """
    parts = own_parts() if parts is None else parts
    work = _Asked(question, caller, parts, Budget(seconds), perf_counter(), turns, usage)
    yield from work.events()


def passages(question: Question, caller: Caller, seconds: float, parts: Parts | None = None) -> list[Source]:
    """Passages near the `question` that the `caller` may see, even where none is near. Raises `RagFailure`."""
    parts = own_parts() if parts is None else parts
    return _Asked(question, caller, parts, Budget(seconds), perf_counter()).passages()


@dataclass
class _Asked:
    """The processing of one question."""

    question: Question
    caller: Caller
    parts: Parts
    budget: Budget
    began: float
    turns: Sequence[Turn] | None = None
    usage: Usage | None = None
    steps: list[SearchStep] = field(default_factory=list)
    cached: "CachedAnswer | None" = None

    @property
    def _again(self) -> str | None:
        """The answer that was given before; None if there is none."""
        return self.cached.text if self.cached else None

    @property
    def _id(self) -> ConversationId | None:
        text = self.question.conversation_id
        return None if text is None else ConversationId.of(text)

    def passages(self) -> list[Source]:
        self._check_length()
        try:
            self._guard_question()
        except Struck as struck:
            raise Invalid(struck.message) from None
        return self._found([]).sources

    def events(self) -> Iterator[Event]:
        self._check_length()
        stored = self._stored()
        try:
            self._guard_question()
        except Struck as struck:
            yield from self._blocked(struck, "question", Found([], 0), stored)
            return
        earlier = _answered_in(stored)
        yield Stage("searching")
        nearest = self._found(earlier)
        if self.parts.agentic is not None:
            nearest = yield from self._searched_again(self.parts.agentic, nearest, earlier)
        if not is_near(nearest.sources, self.parts.settings.min_score):
            yield Sources([])
            yield Text(NOT_IN_DOCUMENTS)
            # The engine's memory would hand it to the model with the next question.
            kept = NOT_IN_DOCUMENTS if self.parts.history else None
            yield self._answered(nearest, stored, kept, NOT_IN_DOCUMENTS, [], answered=False)
            return
        yield Sources(nearest.sources)
        generation = self.parts.generation
        if generation is None:
            yield self._answered(nearest, stored, "", None, nearest.sources, grounded=True)
            return
        yield Stage("answering")
        model_began = perf_counter()
        said = ""
        if self.parts.cache:
            self.cached = self.parts.cache.find(self.question.question, nearest.sources, earlier, self.budget)
        try:
            for piece in self._pieces(generation, nearest.sources, stored):
                said += piece
                yield Text(piece)
        except Struck as struck:
            yield from self._blocked(struck, "answer", nearest, stored)
            return
        said = said.strip()
        model_ms = None if self._again else _since(model_began)
        sources = used(said, nearest.sources)
        # A model that says that the passages hold no answer repeats none of their sentences.
        grounded = any(source.used for source in sources)
        yield self._answered(nearest, stored, said, said, sources, (generation.name, model_ms), grounded=grounded)

    def _check_length(self) -> None:
        most = self.parts.settings.limits.question_characters
        if len(self.question.question) > most:
            raise Invalid(f"The question has {len(self.question.question)} characters. The limit is {most}.")

    def _guard_question(self) -> None:
        """Puts what the guardrails let through in place of the question; raises `Struck`."""
        allowed = self.parts.guard.question(self.question.question, self.budget)
        self.question = self.question.model_copy(update={"question": allowed})

    def _stored(self) -> Conversation | None:
        if self.turns is not None:
            return Conversation("", len(self.turns), self.turns)
        if self._id is None:
            return None
        return self._id.read(self.parts.conversations, self.caller.id, self.budget)

    def _found(self, earlier: Sequence[Turn]) -> Found:
        most = self.parts.settings.retrieval.earlier_questions
        searched = texts([turn.question for turn in earlier], self.question.question, most)
        nearest = self.parts.search.nearest(searched, self.question.filters, self._size, self.budget, self.caller)
        return self._matched(nearest)

    @property
    def _size(self) -> int:
        return self.question.top_k or self.parts.settings.top_k

    def _matched(self, nearest: Found) -> Found:
        for source in nearest.sources:
            judge(source, self.parts.settings.matches, self.parts.settings.access)
        return nearest

    def _searched_again(
        self, agentic: "AgenticSearch", nearest: Found, earlier: Sequence[Turn]
    ) -> Generator[Event, None, Found]:
        """The passages of the searches that the model asks for, and of the first."""
        from rag.agentic import merged

        began, before = perf_counter(), [turn.question for turn in earlier[-1:]]
        lists = [nearest.sources]
        steps = agentic.steps(self.question.question, before, lists[0], self._search, self.budget, self.usage)
        for step, sources in steps:
            lists.append(sources)
            self.steps.append(step)
            yield Searched(step)
        return Found(merged(lists, self._size), nearest.search_ms + _since(began), nearest.embed_ms)

    def _search(self, query: str, filters: Filters | None, budget: Budget) -> list[Source]:
        """One search that the model asks for. One that a guardrail stops or changes is not made."""
        try:
            if self.parts.guard.question(query, budget) != query:
                raise Invalid("A guardrail masks a part of this search.")
        except Struck as struck:
            raise Invalid(struck.message) from None
        # The model limits the search only if the caller has not.
        chosen = self.question.filters or filters
        nearest = self.parts.search.nearest([query], chosen, self._size, budget, self.caller)
        return self._matched(nearest).sources

    def _pieces(self, generation: Generation, sources: Sequence[Source], stored: Conversation | None) -> Iterator[str]:
        written = iter([self._again]) if self._again else self._written(generation, sources, stored)
        passages = [source.text for source in sources]
        yield from self.parts.guard.answer(written, self.question.question, passages, self.budget)

    def _written(self, generation: Generation, sources: Sequence[Source], stored: Conversation | None) -> Iterator[str]:
        earlier, key = _answered_in(stored), (stored.key or None) if stored else None

        def begun() -> tuple[str, Iterator[str]]:
            pieces = generation.pieces(self.question.question, sources, earlier, key, self.budget, self.usage)
            return next(pieces, ""), pieces

        # After the first piece has been shown, a retry is impossible.
        first, rest = self.budget.retrying(begun)
        yield from chain([first], rest)

    def _blocked(self, struck: Struck, what: Blocked, nearest: Found, stored: Conversation | None) -> Iterator[Event]:
        """The guardrail's message in place of an answer. No turn is stored."""
        if what == "question":
            yield Sources([])
            yield Text(struck.message)
        yield self._answered(nearest, stored, None, struck.message, [], blocked=what)

    def _answered(
        self,
        nearest: Found,
        stored: Conversation | None,
        kept: str | None,
        said: str | None,
        sources: list[Source],
        model: tuple[str, int | None] | None = None,
        *,
        grounded: bool = False,
        answered: bool = True,
        blocked: Blocked | None = None,
    ) -> Answered:
        """The end. The turn has the answer `kept`, None if no turn is stored; `model` is its name and milliseconds."""
        name, model_ms = model or (None, None)
        timings = Timings(
            embed_ms=nearest.embed_ms, search_ms=nearest.search_ms, model_ms=model_ms, total_ms=_since(self.began)
        )
        id, number = self._id or ConversationId.new(), stored.number if stored else 0
        origin = Origin(cited(sources), name, version_of(self.parts.settings.prompt), grounded, answered)
        turn = None if kept is None else Turn(self.question.question, kept, origin)
        answer = Answer(
            answer=said,
            grounded=grounded,
            steps=self.steps,
            blocked=blocked,
            sources=sources,
            model=name,
            cached=self._again is not None,
            conversation_id=None if self.turns is not None else str(id.after(number if turn is None else number + 1)),
            timings=timings,
        )
        return Answered(answer, lambda: self._keep(id, stored, turn, model is not None))

    def _keep(self, id: ConversationId, stored: Conversation | None, turn: Turn | None, by_model: bool) -> None:
        self._keep_turn(id, stored, turn, by_model)
        # An answer that no passage bears out is not given again.
        if by_model and self.cached and self._again is None and turn and turn.origin and turn.origin.grounded:
            self.cached.keep(turn.answer, self.budget)
        if turn is not None and self.turns is None and self.parts.feedback:
            # Only whoever keeps feedback waits for it.
            from rag.rating import unanswered

            earlier = [before.question for before in _answered_in(stored)]
            number = (stored.number if stored else 0) + 1
            unanswered(str(id.after(number)), turn, earlier, self.caller, self.parts, self.budget)

    def _keep_turn(self, id: ConversationId, stored: Conversation | None, turn: Turn | None, by_model: bool) -> None:
        conversations, generation = self.parts.conversations, self.parts.generation
        if self.turns is not None:
            return
        if stored is None:
            conversations.begin(id.token, self.caller.id, self.question.question, turn, self.budget)
        elif turn is not None and not (by_model and generation and generation.keeps):
            conversations.keep(stored, self.caller.id, turn, self.budget)


def _answered_in(stored: Conversation | None) -> Sequence[Turn]:
    """The last turns that a follow-up continues."""
    turns = stored.turns if stored else []
    return [turn for turn in turns if turn.origin is None or turn.origin.answered][-MOST_TURNS:]


def _since(began: float) -> int:
    return round((perf_counter() - began) * 1000)
