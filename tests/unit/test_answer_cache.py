"""Answers from the cache: only where the model would read the same, and for callers who see the same passages."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from rag.answer_cache import AnswerCache, normal
from rag.answering import answer
from rag.budget import Budget
from rag.caller import Caller
from rag.events import Answered, Event, Text
from rag.failures import RagFailure, Unavailable
from rag.filter_models import Filters
from rag.guardrails import guard
from rag.models import Question, Source
from rag.parts import Parts
from rag.prompt import Turn
from rag.search import Found
from rag.usage import Usage
from settings.guardrails import Guardrails
from settings.runtime_settings import RuntimeAnswerCache
from tests.unit.test_assistant_answering import NINE, SETTINGS, Conversations, Generation, Search

CHOSEN = RuntimeAnswerCache(table="answers", hours=1, model="digest")
QUESTION = "When does the shop open?"


@dataclass
class Table:
    """DynamoDB with one table, in memory."""

    items: dict[str, Any] = field(default_factory=dict)
    failure: RagFailure | None = None

    def call(self, operation: str, body: dict[str, Any], budget: Budget, most: float) -> Any:
        if self.failure:
            raise self.failure
        if operation == "PutItem":
            self.items[body["Item"]["id"]["S"]] = body["Item"]
            return {}
        item = self.items.get(body["Key"]["id"]["S"])
        return {"Item": item} if item else {}


@dataclass
class Library(Search):
    """Finds the passages that the caller's groups may see, in their order."""

    groups: dict[str, set[str]] = field(default_factory=dict)

    def nearest(self, texts: list[str], filters: Filters | None, size: int, budget: Budget, caller: Caller) -> Found:
        return Found([each for each in self.sources if caller.sees(self.groups.get(each.id, set()))], search_ms=1)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    made = Table()
    monkeypatch.setattr("rag.answer_cache.DynamoDb", lambda *_: made)
    return made


def parts(*script: str, sources: Sequence[Source] = (NINE,), **more: Any) -> Parts:
    settings = SETTINGS.model_copy(update=more.pop("settings", {}))
    search = Library(list(sources), groups=more.pop("groups", {}))
    made = Generation([[text] for text in script])
    return Parts(settings, search, made, Conversations(), cache=AnswerCache(CHOSEN, settings), **more)


def ask(made: Parts, question: str = QUESTION, who: Caller | None = None, **more: Any) -> tuple[list[Event], Answered]:
    heard = list(answer(Question(question=question), who or Caller("alice"), 20, made, **more))
    last = heard[-1]
    assert isinstance(last, Answered)
    last.keep()
    return heard, last


def test_the_second_time_no_model_is_called_and_the_answer_says_so(table: Table) -> None:
    made, usage = parts("The shop opens at nine."), Usage()
    _, first = ask(made)
    heard, second = ask(made, who=Caller("bob"), usage=usage)
    assert (first.answer.cached, second.answer.cached) == (False, True)
    assert Text("The shop opens at nine.") in heard
    assert second.answer.sources == first.answer.sources
    assert (second.answer.grounded, second.answer.model, second.answer.timings.model_ms) == (True, "model", None)
    assert usage.tokens == (0, 0)
    assert second.answer.tokens is None
    conversations = made.conversations
    assert isinstance(conversations, Conversations)
    assert conversations.begun == 2


@pytest.mark.parametrize(
    "question", ["when does the SHOP open", "  When does the shop\nopen ?!", "when does the shop open。"]
)
def test_the_same_words_are_the_same_question(table: Table, question: str) -> None:
    made = parts("The shop opens at nine.")
    ask(made)
    assert ask(made, question)[1].answer.cached


def test_a_letter_has_one_form() -> None:
    assert normal("Which cafe\u0301?") == normal("Which caf\u00e9?")


@pytest.mark.parametrize(
    ("first", "other"),
    [
        ("Population in 2021?", "Population in 2023?"),
        ("Is it open?", "Is it not open?"),
        ("Flights from Oslo to Rome?", "Flights from Rome to Oslo?"),
        ("What is C?", "What is C++?"),
        ("What is .NET?", "What is NET?"),
        ("Part 1.5", "Part 15"),
        ("What is 10²?", "What is 102?"),
    ],
)
def test_other_words_are_another_question(first: str, other: str) -> None:
    assert normal(first) != normal(other)


PUBLIC = NINE
OF_HR = NINE.model_copy(update={"id": "hr", "document": "hr", "text": "The shop opens at seven for HR."})
OF_BOARD = NINE.model_copy(update={"id": "board", "document": "board", "text": "The shop opens at six for the board."})
GROUPS = {"hr": {"hr"}, "board": {"board", "owners"}}
EVERYBODY = {
    "nobody": Caller("nobody"),
    "hr": Caller("hr", groups=frozenset({"hr"})),
    "board": Caller("board", groups=frozenset({"board"})),
    "both": Caller("both", groups=frozenset({"hr", "board"})),
    "elsewhere": Caller("elsewhere", groups=frozenset({"sales"})),
    "owner": Caller("owner", "owner", None),
}


@pytest.mark.parametrize("first", EVERYBODY)
@pytest.mark.parametrize("second", EVERYBODY)
def test_nobody_gets_an_answer_from_passages_that_they_may_not_see(table: Table, first: str, second: str) -> None:
    """The second caller gets the first one's answer only if both see the same passages."""
    made = parts(
        *[f"{EVERYBODY[who].id} reads: The shop opens." for who in (first, second)],
        sources=[PUBLIC, OF_HR, OF_BOARD],
        groups=GROUPS,
    )
    ask(made, who=EVERYBODY[first])
    _, last = ask(made, who=EVERYBODY[second])
    seen = [
        [id for id, groups in {"shop": set[str](), **GROUPS}.items() if EVERYBODY[who].sees(groups)]
        for who in (first, second)
    ]
    assert last.answer.cached == (seen[0] == seen[1])
    assert [source.id for source in last.answer.sources] == seen[1]
    assert str(last.answer.answer).startswith(EVERYBODY[first if last.answer.cached else second].id)


CHANGED = {
    "a passage": {"sources": [NINE.model_copy(update={"text": "The shop opens at ten."})]},
    "the order": {"sources": [OF_HR, NINE]},
    "another passage": {"sources": [NINE, OF_HR]},
    "the prompt": {"settings": {"prompt": SETTINGS.prompt.model_copy(update={"system": "other"})}},
    "the guardrails": {"settings": {"guardrails": Guardrails(personal_data=["email"])}},
}


@pytest.mark.parametrize("changed", CHANGED.values(), ids=CHANGED)
def test_what_the_model_would_read_otherwise_is_asked_anew(table: Table, changed: dict[str, Any]) -> None:
    ask(parts("The shop opens at nine."))
    assert not ask(parts("The shop opens at ten.", **changed))[1].answer.cached


def test_another_model_and_another_conversation_have_other_answers(table: Table) -> None:
    earlier = [Turn("Which shop?", "The one in Oslo.")]
    keys = {
        AnswerCache(chosen, SETTINGS).key(QUESTION, [NINE], turns)
        for chosen in (CHOSEN, CHOSEN.model_copy(update={"model": "other"}))
        for turns in ([], earlier)
    }
    assert len(keys) == 4


def test_an_answer_that_no_passage_bears_out_is_not_given_again(table: Table) -> None:
    made = parts("I do not know.", "The shop opens at nine.")
    ask(made)
    assert not table.items
    assert not ask(made)[1].answer.cached


def test_an_answer_goes_through_the_guardrails_each_time(table: Table) -> None:
    made = parts("The shop opens at nine.", "The shop opens at nine.")
    ask(made)
    denying = guard(Guardrails.model_validate({"denied": [{"pattern": "at nine"}]}), 5, 5)
    _, last = ask(replace(made, guard=denying))
    assert last.answer.blocked == "answer"


def test_without_the_table_the_model_answers(table: Table) -> None:
    table.failure = Unavailable("The cache is away.")
    made = parts("The shop opens at nine.", "The shop opens at nine.")
    ask(made)
    assert not ask(made)[1].answer.cached
