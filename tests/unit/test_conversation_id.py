"""Ids of conversations: what they tell about a conversation whose last turn is not stored yet."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from rag.budget import Budget
from rag.conversations import Conversation, absent
from rag.conversations.conversation_id import ConversationId
from rag.failures import Absent

NOW = 1_800_000_000.0


@dataclass
class Store:
    """Shows the next of the conversation's states at each look; None means that there is no conversation."""

    states: Sequence[int | None]
    looks: int = 0
    slept: list[float] = field(default_factory=list)

    def read(self, id: str, caller: str, budget: Budget) -> Conversation:
        number = self.states[min(self.looks, len(self.states) - 1)]
        self.looks += 1
        if number is None:
            raise absent()
        return Conversation(id, number, [])

    def resolve(self, id: ConversationId, now: float = NOW) -> Conversation:
        store: Any = self
        return id.read(store, "alice", Budget(20), clock=lambda: now, sleep=self.slept.append)


def made(number: int) -> ConversationId:
    return ConversationId.new(clock=lambda: NOW).after(number)


def test_an_id_is_read_as_it_was_written() -> None:
    id = made(3)
    assert ConversationId.of(str(id)) == id
    assert str(id).endswith("-3")
    assert str(ConversationId.new()) != str(ConversationId.new())


@pytest.mark.parametrize("text", ["8Hk2mJUBv1Yq0pSn5a7C", "aoDJ-6EBbbdF-gGrEIku", "a" * 32, "-1", "A" * 32 + "-1"])
def test_an_id_of_an_earlier_version_is_the_stores_own(text: str) -> None:
    id = ConversationId.of(text)
    assert (id.token, id.number, str(id)) == (text, None, text)
    assert Store([0]).resolve(id).key == text
    with pytest.raises(Absent):
        Store([None]).resolve(id)


def test_what_is_stored_is_not_waited_for() -> None:
    for states in ([2], [3]):
        store = Store(states)
        assert store.resolve(made(2)).number == states[0]
        assert store.slept == []


@pytest.mark.parametrize("states", [[None, None, 1], [0, 0, 1]])
def test_a_turn_is_waited_for(states: list[int | None]) -> None:
    store = Store(states)
    assert store.resolve(made(1)).number == 1
    assert len(store.slept) == 2


def test_a_turn_that_was_lost_is_not_waited_for_longer_than_some_seconds() -> None:
    store = Store([1])
    assert store.resolve(made(2)).number == 1
    assert 1 < sum(store.slept) < 5


def test_an_unknown_conversation_is_waited_for_only_if_it_may_be_new() -> None:
    store = Store([None])
    with pytest.raises(Absent):
        store.resolve(made(1), now=NOW + 60)
    assert store.slept == []
    with pytest.raises(Absent):
        store.resolve(made(1), now=NOW + 5)
    assert 1 < sum(store.slept) < 5
