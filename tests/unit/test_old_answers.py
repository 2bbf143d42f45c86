"""The sources of an old answer, after passages were removed or the reader's rights have changed."""

from typing import Any, cast

import pytest

from rag.budget import Budget
from rag.caller import Caller
from rag.conversations import Conversation
from rag.failures import Unavailable
from rag.history import shown, turns_shown
from rag.models import Source
from rag.origin import Origin, cited
from rag.parts import Parts
from rag.prompt import Turn
from settings.runtime_settings import Table
from tests.unit.test_assistant_answering import SETTINGS

READ = [Source(id=id, document=id, text=f"Text {id}.", score=0.5, loaded_by="operators") for id in "abc"]
ANSWER = "Text a [1]. Text c [3]."


class Index:
    """Holds some of the passages that the answer was made from; in any order."""

    def __init__(self, held: str) -> None:
        self.held = held

    def cited(self, ids: list[str], budget: Budget, caller: Caller) -> list[Source]:
        return [source for source in reversed(READ) if source.id in self.held and source.id in ids]


@pytest.mark.parametrize(
    ("held", "numbers"), [("abc", [1, 2, 3]), ("bc", [2, 3]), ("ac", [1, 3]), ("c", [3]), ("", [])]
)
def test_the_numbers_are_those_of_the_answer_whatever_is_gone(held: str, numbers: list[int]) -> None:
    stored = Conversation("1", 1, [Turn("Which?", ANSWER, Origin(cited(READ)))])
    parts = Parts(SETTINGS, cast(Any, Index(held)), None, cast(Any, None))
    [turn] = turns_shown(stored, Caller("alice"), parts, Budget(5))
    assert turn.numbers == numbers
    assert [source.id for source in turn.sources] == ["abc"[number - 1] for number in numbers]
    assert turn.missing == 3 - len(numbers)


def test_an_answer_of_an_earlier_version_has_no_sources_to_number() -> None:
    parts = Parts(SETTINGS, cast(Any, Index("abc")), None, cast(Any, None))
    [turn] = turns_shown(Conversation("1", 1, [Turn("Which?", ANSWER)]), Caller("alice"), parts, Budget(5))
    assert (turn.numbers, turn.sources, turn.missing) == ([], [], None)


class Store:
    """Holds one conversation; the ratings of its answers cannot be read."""

    def read(self, token: str, caller_id: str, budget: Budget) -> Conversation:
        return Conversation("1", 1, [Turn("Which?", ANSWER, Origin(cited(READ)))])

    def ratings(self, token: str, numbers: list[int], budget: Budget) -> dict[int, Any]:
        raise Unavailable("The table does not answer.")


def test_a_conversation_is_shown_without_ratings_that_cannot_be_read() -> None:
    store = cast(Any, Store())
    table = Table(kind="table", table="conversations", callers="callers", days=30)
    settings = SETTINGS.model_copy(update={"conversations": table})
    parts = Parts(settings, cast(Any, Index("abc")), None, store, feedback=store)
    [turn] = shown("1", 5, Caller("alice"), parts).shown
    assert (turn.answer, turn.rating) == (ANSWER, None)
