"""From a question to an answer: search, check that documents are near enough, let the model answer.

Guardrails check the question before the search, and the answer before anybody sees it.

The turn is stored after the answer is sent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from rag.answer_text import AnswerText
from rag.budget import Budget
from rag.caller import Caller
from rag.conversations import Conversation
from rag.conversations.conversation_id import ConversationId
from rag.events import Answered, Event, Sources, Stage, Text
from rag.evidence import used
from rag.failures import Invalid
from rag.guardrails import Struck
from rag.match import is_near
from rag.models import Answer, Blocked, Question, SearchStep, Source, Timings, TokenCount
from rag.origin import Origin, cited, digests, version_of
from rag.parts import Parts
from rag.parts import parts as own_parts
from rag.prompt import Turn
from rag.search import Found
from rag.searches import Searches
from rag.tailored import tailored
from rag.usage import Usage

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
    the environment variable `ASSISTANT`. The work starts when the first event is requested. To store the turn, call
    `keep` of `Answered`. `turns` are the earlier turns if the client keeps the conversation; then no turn is stored.
    The same applies to a draft. The tokens are added to `usage`.

    Raises a `RagFailure`: `Invalid` and `Absent` before the first event, any other at any time.
    """
    budget, began = Budget(seconds), perf_counter()
    usage = usage or Usage()
    parts = tailored(own_parts() if parts is None else parts, question, caller, budget)
    if question.draft is None:
        yield from _Asked(question, caller, parts, budget, began, turns, usage).events()
        return
    from rag.preview import counted

    yield from counted(_Asked(question, caller, parts, budget, began, (), usage).events())


def passages(question: Question, caller: Caller, seconds: float, parts: Parts | None = None) -> list[Source]:
    """The passages nearest to the `question` that the `caller` may see, however near they are. Raises `RagFailure`."""
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
    usage: Usage = field(default_factory=Usage)
    first_ms: int | None = None
    steps: Sequence[SearchStep] = ()

    @property
    def _since_the_question(self) -> int:
        """The milliseconds since the question arrived."""
        return round((perf_counter() - self.began) * 1000)

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
        return self._searches().first().sources

    def events(self) -> Iterator[Event]:
        self._check_length()
        stored = self._stored()
        try:
            self._guard_question()
        except Struck as struck:
            yield from self._blocked(struck, "question", Found([], 0), stored)
            return
        yield Stage("searching")
        searches = self._searches()
        nearest = yield from searches.all(stored.answered if stored else ())
        self.steps = searches.steps
        if not is_near(nearest.sources, self.parts.settings.min_score):
            yield Sources([])
            yield Text(NOT_IN_DOCUMENTS)
            # Not stored in the engine's memory, which would pass it to the model with the next question.
            kept = NOT_IN_DOCUMENTS if self.parts.history else None
            yield self._answered(nearest, stored, kept, NOT_IN_DOCUMENTS, [], answered=False)
            return
        yield Sources(nearest.sources)
        generation = self.parts.generation
        if generation is None:
            yield self._answered(nearest, stored, "", None, nearest.sources, grounded=True)
            return
        yield Stage("answering")
        question = self.question.question
        by_model = AnswerText(generation, question, nearest.sources, stored, self.parts, self.budget, self.usage)
        try:
            for piece in by_model.pieces():
                if self.first_ms is None and piece:
                    self.first_ms = self._since_the_question
                yield Text(piece)
        except Struck as struck:
            yield from self._blocked(struck, "answer", nearest, stored)
            return
        said = by_model.text
        sources = used(said, nearest.sources)
        # A model that finds no answer in the passages repeats none of their sentences.
        grounded = any(source.used for source in sources)
        yield self._answered(nearest, stored, said, said, sources, by_model, grounded=grounded)

    def _searches(self) -> Searches:
        return Searches(self.question, self.caller, self.parts, self.budget, self.usage)

    def _check_length(self) -> None:
        most = self.parts.settings.limits.question_characters
        if len(self.question.question) > most:
            raise Invalid(f"The question has {len(self.question.question)} characters. The limit is {most}.")

    def _guard_question(self) -> None:
        """Replace the question with the text that the guardrails allow; raises `Struck` if they stop it."""
        allowed = self.parts.guard.question(self.question.question, self.budget)
        self.question = self.question.model_copy(update={"question": allowed})

    def _stored(self) -> Conversation | None:
        if self.turns is not None:
            return Conversation("", len(self.turns), self.turns)
        if self._id is None:
            return None
        return self._id.read(self.parts.conversations, self.caller.id, self.budget)

    def _blocked(self, struck: Struck, what: Blocked, nearest: Found, stored: Conversation | None) -> Iterator[Event]:
        """The guardrail's message instead of an answer. No turn is stored."""
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
        by_model: AnswerText | None = None,
        *,
        grounded: bool = False,
        answered: bool = True,
        blocked: Blocked | None = None,
    ) -> Answered:
        """The last event. The turn is stored with the answer `kept`; with None no turn is stored."""
        timings = Timings(
            embed_ms=nearest.embed_ms,
            search_ms=nearest.search_ms,
            model_ms=by_model.model_ms if by_model else None,
            first_ms=self.first_ms,
            total_ms=self._since_the_question,
        )
        taken = self.usage.tokens
        name = by_model.generation.name if by_model else None
        id, number = self._id or ConversationId.new(), stored.number if stored else 0
        prompt = version_of(self.parts.settings.prompt)
        origin = Origin(cited(sources), name, prompt, grounded, answered, digests(sources))
        turn = None if kept is None else Turn(self.question.question, kept, origin)
        answer = Answer(
            answer=said,
            grounded=grounded,
            steps=list(self.steps),
            blocked=blocked,
            sources=sources,
            model=name,
            prompt=origin.prompt if name else None,
            cached=by_model is not None and by_model.cached,
            tokens=TokenCount(read=taken.read, written=taken.written) if any(taken) else None,
            conversation_id=None if self.turns is not None else str(id.after(number if turn is None else number + 1)),
            timings=timings,
        )
        return Answered(answer, lambda: self._keep(id, stored, turn, by_model))

    def _keep(
        self, id: ConversationId, stored: Conversation | None, turn: Turn | None, by_model: AnswerText | None
    ) -> None:
        self._keep_turn(id, stored, turn, by_model)
        # The cache stores only answers that a passage supports.
        if by_model and turn and turn.origin and turn.origin.grounded:
            by_model.keep()
        if turn is not None and self.turns is None and self.parts.feedback:
            # Imported here, because only environments with feedback need it.
            from rag.rating import unanswered

            earlier = [before.question for before in (stored.answered if stored else ())]
            number = (stored.number if stored else 0) + 1
            unanswered(str(id.after(number)), turn, earlier, self.caller, self.parts, self.budget)

    def _keep_turn(
        self, id: ConversationId, stored: Conversation | None, turn: Turn | None, by_model: AnswerText | None
    ) -> None:
        conversations = self.parts.conversations
        if self.turns is not None:
            return
        if stored is None:
            conversations.begin(id.token, self.caller.id, self.question.question, turn, self.budget)
        elif turn is not None and not (by_model and by_model.generation.keeps):
            conversations.keep(stored, self.caller.id, turn, self.budget)
