"""The steps of a question, where the contract tests on a real engine do not cover them: late failures and omissions."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from rag.answering import NOT_IN_DOCUMENTS, answer
from rag.budget import Budget
from rag.caller import Caller, Held
from rag.conversations import Conversation, absent
from rag.document_models import DocumentList
from rag.events import Answered, Event, Sources, Stage, Text
from rag.failures import Invalid, RagFailure, Throttled, Unavailable
from rag.filter_models import Filters
from rag.models import Question, Source
from rag.parts import Parts
from rag.prompt import Turn
from rag.search import Found, Page, Passage, Replaced
from rag.search.query import texts
from rag.usage import Usage
from settings.runtime_settings import ConversationIndexSettings as IndexOfConversations
from settings.runtime_settings import RuntimeSettings

NINE = Source(
    id="shop",
    document="shop",
    text="The shop opens at nine.",
    score=0.9,
    similarity=0.9,
    loaded_by="operators",
    trusted=True,
)
SETTINGS = RuntimeSettings.model_validate(
    {
        "environment": "test",
        "search": {"endpoint": "https://127.0.0.1:1", "region": "us-east-1", "service": "es"},
        "index": {"name": "i", "text_field": "text", "embedding_field": "embedding"},
        "min_score": 0.6,
        "prompt": {"system": "s", "instructions": "i"},
        "embedding": {"provider": "model"},
        "conversations": {"kind": "memory"},
        "limits": {"question_characters": 50, "documents": 2},
    }
)


ALICE = Caller("alice")


@dataclass
class Search:
    """Finds the sources that a test gives it."""

    sources: list[Source]
    requested: list[tuple[list[str], int]] = field(default_factory=list)
    failure: RagFailure | None = None
    replaced: list[Passage] = field(default_factory=list)

    def nearest(self, texts: list[str], filters: Filters | None, size: int, budget: Budget, caller: Caller) -> Found:
        self.requested.append(([*texts], size))
        return Found(self.sources, search_ms=1)

    def held(self, documents: Sequence[str], budget: Budget) -> dict[str, Held]:
        return {}

    def taken(self, passages: Sequence[Passage], budget: Budget) -> dict[str, Held]:
        return {}

    def replace(self, passages: Sequence[Passage], budget: Budget) -> Replaced:
        if self.failure:
            raise self.failure
        self.replaced += passages
        return Replaced()

    def listed(self, page: Page, budget: Budget, caller: Caller) -> DocumentList:
        raise NotImplementedError

    def shown(self, document: str, budget: Budget, caller: Caller) -> list[Source]:
        raise NotImplementedError

    def cited(self, ids: Sequence[str], budget: Budget, caller: Caller) -> list[Source]:
        return [source for source in self.sources if source.id in ids]

    def remove(self, document: str, budget: Budget) -> int:
        raise NotImplementedError

    def check(self, budget: Budget) -> None:
        raise NotImplementedError


@dataclass
class Generation:
    """Yields its script; a failure in it is raised."""

    script: list[list[str | RagFailure]]
    name: str = "model"
    keeps: bool = False
    conversations: list[str | None] = field(default_factory=list)

    def pieces(
        self,
        question: str,
        sources: Sequence[Source],
        earlier: Sequence[Turn],
        conversation: str | None,
        budget: Budget,
        usage: Usage | None = None,
    ) -> Iterator[str]:
        self.conversations.append(conversation)
        for piece in self.script.pop(0):
            if isinstance(piece, RagFailure):
                raise piece
            yield piece


@dataclass
class Conversations:
    """Stores one conversation, and counts how many were begun."""

    stored: Conversation | None = None
    begun: int = 0
    failure: RagFailure | None = None

    def begin(self, id: str, caller: str, question: str, turn: Turn | None, budget: Budget) -> None:
        if self.failure:
            raise self.failure
        self.begun += 1
        self.stored = Conversation(id, 0, []) if turn is None else Conversation(id, 1, [turn])

    def read(self, id: str, caller: str, budget: Budget) -> Conversation:
        if self.stored is None or self.stored.key != id:
            raise absent()
        return self.stored

    def keep(self, conversation: Conversation, caller: str, turn: Turn, budget: Budget) -> None:
        if self.failure:
            raise self.failure
        self.stored = Conversation(conversation.key, conversation.number + 1, [*conversation.turns, turn])


def parts(
    *script: list[str | RagFailure], similarity: float | None = 0.9, generation: bool = True, **settings: Any
) -> Parts:
    sources = [NINE.model_copy(update={"similarity": similarity})]
    return Parts(
        SETTINGS.model_copy(update=settings),
        Search(sources),
        Generation(list(script)) if generation else None,
        Conversations(),
    )


def events(made: Parts, question: str = "When does the shop open?", **more: Any) -> list[Event]:
    """All events of a question; then the turn is stored."""
    heard = list(answer(Question(question=question, **more), ALICE, 20, made))
    answered(heard[-1]).keep()
    return heard


def answered(last: Event) -> Answered:
    assert isinstance(last, Answered)
    return last


def stored(made: Parts) -> Sequence[Turn]:
    conversations = cast(Conversations, made.conversations)
    return conversations.stored.turns if conversations.stored else []


def test_events_come_in_order_and_the_turn_is_kept() -> None:
    made = parts(["At ", "nine. "])
    *heard, last = events(made)
    assert heard == [
        Stage("searching"),
        Sources([NINE]),
        Stage("answering"),
        Text("At "),
        Text("nine. "),
    ]
    assert answered(last).answer.answer == "At nine."
    assert [(turn.question, turn.answer) for turn in stored(made)] == [("When does the shop open?", "At nine.")]


def test_the_turn_is_stored_when_the_answer_has_gone_and_not_before() -> None:
    made = parts(["At nine."])
    *_, last = answer(Question(question="When?"), ALICE, 20, made)
    assert stored(made) == []
    answered(last).keep()
    assert [(turn.question, turn.answer) for turn in stored(made)] == [("When?", "At nine.")]


def test_a_follow_up_is_searched_alone_and_with_the_question_before_it() -> None:
    made = parts(["At nine."], ["At six."])
    id = answered(events(made)[-1]).answer.conversation_id
    events(made, "And when does it close?", conversation_id=id, top_k=7)
    assert made.search.requested == [  # type: ignore[attr-defined]
        (["When does the shop open?"], 4),
        (["And when does it close?", "When does the shop open?\nAnd when does it close?"], 7),
    ]


@pytest.mark.parametrize(("most", "more"), [(0, []), (1, ["c\nd"]), (2, ["b\nc\nd"]), (9, ["a\nb\nc\nd"])])
def test_so_many_earlier_questions_are_searched_with_a_follow_up(most: int, more: list[str]) -> None:
    assert texts(["a", "b", "c"], "d", most) == ["d", *more]
    assert texts([], "d", most) == ["d"]


@pytest.mark.parametrize("keeps", [False, True])
def test_a_first_question_begins_a_conversation_and_the_next_one_continues_it(keeps: bool) -> None:
    made = parts(["At nine."], ["At six."])
    made.generation.keeps = keeps  # type: ignore[union-attr]
    first = answered(events(made)[-1]).answer.conversation_id
    second = answered(events(made, conversation_id=first)[-1]).answer.conversation_id
    assert first is not None
    assert second is not None
    (token, first_number), (same, two) = first.split("-"), second.split("-")
    assert (token, first_number, two) == (same, "1", "2")
    assert made.generation.conversations == [None, token]  # type: ignore[union-attr]
    assert made.conversations.begun == 1  # type: ignore[attr-defined]
    # A pipeline that reads conversations stores their turns itself.
    assert len(stored(made)) == (1 if keeps else 2)


def test_a_question_that_fails_begins_no_conversation() -> None:
    made = parts([Invalid("no")])
    with pytest.raises(Invalid):
        events(made)
    assert made.conversations.begun == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("similarity", "least", "grounded"),
    [(0.6, 0.6, True), (0.599, 0.6, False), (None, 0.6, False), (0.1, 0.0, True), (None, 0.0, True)],
)
def test_the_least_score_is_that_of_the_meaning(similarity: float | None, least: float, grounded: bool) -> None:
    """The order may also depend on words: the best passage of a hybrid search always scores nearly 1."""
    made = parts(["The shop opens at nine."], similarity=similarity, min_score=least)
    last = events(made)[-1]
    assert isinstance(last, Answered)
    assert last.answer.grounded == grounded
    assert (last.answer.answer == NOT_IN_DOCUMENTS) != grounded
    assert len(made.generation.script) == (0 if grounded else 1)  # type: ignore[union-attr]
    assert made.conversations.begun == 1  # type: ignore[attr-defined]
    assert (last.answer.conversation_id or "").endswith("-1" if grounded else "-0")
    assert bool(stored(made)) == grounded


def test_a_question_without_an_answer_is_kept_and_no_part_of_the_next_one() -> None:
    kept = IndexOfConversations(kind="index", name="c")
    made = parts(["The shop opens at nine."], similarity=0.1, min_score=0.6, conversations=kept)
    first = answered(events(made, "Who won?")[-1]).answer.conversation_id
    assert str(first).endswith("-1")
    assert [(turn.question, turn.answer) for turn in stored(made)] == [("Who won?", NOT_IN_DOCUMENTS)]
    made.search.sources = [NINE]  # type: ignore[attr-defined]
    assert str(answered(events(made, conversation_id=first)[-1]).answer.conversation_id).endswith("-2")
    assert made.search.requested[-1][0] == ["When does the shop open?"]  # type: ignore[attr-defined]


def test_one_near_passage_is_enough_wherever_it_stands() -> None:
    made = parts(["The shop opens at nine."], similarity=None)
    made.search.sources.append(NINE)  # type: ignore[attr-defined]
    last = events(made)[-1]
    assert isinstance(last, Answered)
    assert len(last.answer.sources) == 2


@pytest.mark.parametrize(
    ("said", "grounded"),
    [
        ("The shop opens at nine.", True),
        ("It is open from nine.", False),
        ("The passages do not say.", False),
        ("The documents do not contain an answer to this question.", False),
        ("I could not find when the shop closes in the passages provided.", False),
        ("Die Abschnitte enthalten keine Antwort.", False),
    ],
)
def test_an_answer_is_grounded_where_a_sentence_of_the_sources_bears_it_out(said: str, grounded: bool) -> None:
    last = events(parts([said]), "When does the shop close?")[-1]
    assert isinstance(last, Answered)
    assert (last.answer.grounded, bool(last.answer.sources[0].used)) == (grounded, grounded)
    assert last.answer.answer == said


@pytest.mark.parametrize(
    ("similarity", "matches", "match"),
    [
        (0.84, (0.7, 0.85), "good"),
        (0.85, (0.7, 0.85), "close"),
        (0.69, (0.7, 0.85), "loose"),
        (None, (0.7, 0.85), "loose"),
        (0.9, None, None),
    ],
)
def test_what_a_similarity_means_is_known_of_the_model(
    similarity: float | None, matches: tuple[float, float] | None, match: str | None
) -> None:
    made = parts(["At nine."], similarity=similarity, min_score=0.0, matches=matches)
    last = events(made)[-1]
    assert isinstance(last, Answered)
    assert last.answer.sources[0].match == match


def test_without_a_model_the_sources_are_the_answer() -> None:
    *heard, last = events(parts(generation=False))
    assert heard == [Stage("searching"), Sources([NINE])]
    assert isinstance(last, Answered)
    assert (last.answer.answer, last.answer.grounded, last.answer.sources) == (None, True, [NINE])


def test_a_model_that_fails_before_it_speaks_is_asked_again() -> None:
    assert Text("At nine.") in events(parts([Throttled("busy")], [Unavailable("down")], ["At nine."]))


def test_a_model_that_fails_while_it_speaks_is_not_asked_again() -> None:
    made = parts(["At "], ["never"])
    made.generation.script[0].append(Unavailable("broke off"))  # type: ignore[union-attr]
    heard = answer(Question(question="When?"), ALICE, 20, made)
    with pytest.raises(Unavailable, match="broke off"):
        list(heard)
    assert made.generation.script == [["never"]]  # type: ignore[union-attr]


@pytest.mark.parametrize("begun", [False, True])
def test_an_answer_outlives_a_turn_that_cannot_be_stored(begun: bool) -> None:
    made = parts(["At nine."], ["At six."])
    id = answered(events(made)[-1]).answer.conversation_id if begun else None
    made.conversations.failure = Unavailable("The memory is down.")  # type: ignore[attr-defined]
    *_, last = answer(Question(question="When?", conversation_id=id), ALICE, 20, made)
    assert answered(last).answer.answer == ("At six." if begun else "At nine.")
    with pytest.raises(Unavailable, match="memory is down"):
        answered(last).keep()


def test_a_question_longer_than_the_environment_takes() -> None:
    made = parts(["At nine."])
    with pytest.raises(Invalid, match=r"51 characters\. The limit is 50"):
        next(answer(Question(question="a" * 51), ALICE, 20, made))
    assert made.search.requested == []  # type: ignore[attr-defined]


@pytest.mark.thorough
def test_a_domain_needs_no_boto3_and_no_provider() -> None:
    """To import boto3 takes longer than to answer a question."""
    code = (
        "import sys\nfrom rag import answering, documents, health\nfrom rag.parts import assembled\n"
        "from settings.runtime_settings import RuntimeSettings\n"
        f"assembled(RuntimeSettings.model_validate({SETTINGS.model_dump()!r}))\n"
        "found = [name for name in sys.modules if name.split('.')[0] in ('boto3', 'botocore')\n"
        "         or name.startswith(('rag.embedding.', 'rag.answer_model.'))]\n"
        "assert not found, found\nprint('light')"
    )
    root = Path(__file__).parents[2] / "lambda"
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    environment = {**keys, "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.stdout == "light\n", done.stderr
