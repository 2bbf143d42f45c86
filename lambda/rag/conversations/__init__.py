"""Conversations: earlier questions and answers. Each conversation belongs to its caller."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from rag.budget import Budget
from rag.failures import Absent, Unavailable
from rag.origin import Origin
from rag.prompt import Turn

# The default number of turns that ml-commons' retrieval_augmented_generation processor puts into a prompt.
MOST_TURNS = 10
# The most turns of a conversation that are stored, and their most bytes: an item of DynamoDB has at most 400 KB.
MOST_STORED, _MOST_BYTES = 50, 300_000
_MOST_ANSWER = 20_000
_MOST_SEARCHED = 20_000
MOST_TITLE = 200
NO_CURSOR = "`after` is not a cursor of this list of conversations; leave it out to begin at the first page."
_SHOWN = 100
# The most tries to add a turn while other requests add turns to the same conversation.
_TRIES = 5


@dataclass(frozen=True)
class Conversation:
    """A stored conversation: its last `turns`, oldest first, and the `number` of all turns.

    `key` is its id in the store.
    `title` is the title that its caller gave it, or its first question. `changed` is the time of the last turn in
    seconds since 1970; it is 0 if the store does not have it. The store uses `state` to notice changes by others.
    """

    key: str
    number: int
    turns: Sequence[Turn]
    title: str = ""
    changed: int = field(default=0, compare=False)
    state: str = field(default="", compare=False)

    @property
    def answered(self) -> Sequence[Turn]:
        """The last turns that have an answer, at most `MOST_TURNS`, for the prompt of a follow-up."""
        return [turn for turn in self.turns if turn.origin is None or turn.origin.answered][-MOST_TURNS:]

    @property
    def searched(self) -> str:
        """The text that a search reads in addition to the title: the questions, in lower case."""
        return " ".join(turn.question for turn in self.turns).lower()[:_MOST_SEARCHED]


@dataclass(frozen=True)
class ConversationEntry:
    """A conversation in a list; `id` is the assistant's."""

    id: str
    title: str
    changed: int
    number: int


class Conversations(Protocol):
    """A store of conversations, by ids that the assistant makes. Every method may raise `RagFailure`."""

    def begin(self, id: str, caller: str, question: str, turn: Turn | None, budget: Budget) -> None:
        """Store a new conversation, with its first turn if given; `question` may become its name."""

    def read(self, id: str, caller: str, budget: Budget) -> Conversation:
        """The stored conversation; raises `Absent` if the caller has no such conversation."""

    def keep(self, conversation: Conversation, caller: str, turn: Turn, budget: Budget) -> None:
        """Add a turn, even if another request has added one since the conversation was read."""


class History(Protocol):
    """A store whose conversations callers can list, find, rename and remove. Methods raise `RagFailure`."""

    def listed(
        self, caller: str, size: int, after: str | None, search: str | None, budget: Budget
    ) -> tuple[list[ConversationEntry], str | None]:
        """The caller's conversations, the last changed first, and the cursor of the next page if there is one.

        `search` selects those whose titles or questions contain all its words; a page may then be shorter.
        """

    def read(self, id: str, caller: str, budget: Budget) -> Conversation:
        """The stored conversation; raises `Absent` if the caller has no such conversation."""

    def rename(self, id: str, caller: str, title: str, budget: Budget) -> None:
        """Give it another title; raises `Absent` if the caller has no such conversation."""

    def remove(self, id: str, caller: str, budget: Budget) -> None:
        """Remove it with all its turns; raises `Absent` if the caller has no such conversation."""


def extended(
    store: Conversations,
    put: Callable[[Conversation, int], bool],
    conversation: Conversation,
    caller: str,
    turn: Turn,
    budget: Budget,
) -> None:
    """Let `put` replace the stored conversation with a version that has one more turn.

    `put` gets the new conversation and the number of turns of the old one. It returns False if the stored conversation
    has changed since it was read. Then the conversation is read again. It may already contain the turn, if a try stored
    it and the answer to that try was lost. Raises `Unavailable` after the last try.
    """
    for _ in range(_TRIES):
        turns = fitting([*conversation.turns, cut(turn)])
        if put(replace(conversation, number=conversation.number + 1, turns=turns), conversation.number):
            return
        conversation = store.read(conversation.key, caller, budget)
        if conversation.turns and conversation.turns[-1] == cut(turn):
            return
    raise Unavailable("The conversation has too many questions at once. Try again soon.")


def cut(turn: Turn) -> Turn:
    """The turn as it is stored, with a limited answer: R1 may write 8192 tokens, and an item has at most 400 KB."""
    return replace(turn, answer=turn.answer[:_MOST_ANSWER])


def fitting(turns: Sequence[Turn]) -> list[Turn]:
    """The last turns that fit into one stored conversation, at least one."""
    taken, left = list[Turn](), _MOST_BYTES
    for turn in reversed(turns[-MOST_STORED:]):
        left -= len(json.dumps(stored(turn), ensure_ascii=False).encode(errors="replace"))
        if taken and left < 0:
            break
        taken.append(turn)
    return taken[::-1]


def stored(turn: Turn) -> dict[str, Any]:
    """A turn as JSON."""
    origin = {} if turn.origin is None else {"origin": turn.origin.as_json}
    return {"question": turn.question, "answer": turn.answer, **origin}


def restored(stored: Mapping[str, Any]) -> Turn:
    """A turn from its JSON, also of an earlier version."""
    origin = stored.get("origin")
    return Turn(stored["question"], stored["answer"], None if origin is None else Origin.of(origin))


def title_of(question: str) -> str:
    """The title of a conversation with this first question."""
    line = " ".join(question.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def words_of(search: str | None) -> list[str]:
    """The words that a search looks for, each once."""
    return list(dict.fromkeys((search or "").lower().split()))


def mark_of(caller: str) -> str:
    """A digest of the caller, stored with a conversation instead of a name."""
    return hashlib.sha256(caller.encode()).hexdigest()[:32]


def absent() -> Absent:
    """The error for a missing conversation and for another caller's. It is the same, so guessed ids reveal nothing."""
    return Absent("You have no such conversation. It has expired, or its id is wrong. Ask without conversation_id.")
