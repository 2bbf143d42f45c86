"""The ids of conversations that callers see: each contains the name of a conversation and the number of its turns.

A turn is stored after its answer is sent, so the next question may arrive first. From the number in the id, the
assistant knows that there is a turn to wait for. The id is made before anything is stored; it begins with the time.
"""

import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rag.budget import Budget
from rag.conversations import Conversation, Conversations
from rag.failures import Absent

_FORM = re.compile(r"(?P<token>(?P<made>[0-9a-f]{8})[0-9a-f]{24})-(?P<number>[0-9]{1,6})")
# Seconds between reads of a conversation whose last turn is not stored yet: 2.5 in total.
_PAUSES = (0.02, 0.04, 0.08, 0.16, 0.3, 0.4, 0.5, 0.5, 0.5)
# The assistant waits for an unknown conversation if its id is at most this many seconds old; the clocks may differ.
_YOUNG = 20


@dataclass(frozen=True)
class ConversationId:
    """`token` names the conversation in its store; `number` counts its turns, None in ids of earlier versions."""

    token: str
    number: int | None = None
    made: float = 0.0

    @classmethod
    def new(cls, clock: Callable[[], float] = time.time) -> "ConversationId":
        """The id of a conversation without turns."""
        made = int(clock())
        return cls(f"{made:08x}{secrets.token_hex(12)}", 0, made)

    @classmethod
    def of(cls, text: str) -> "ConversationId":
        """The id in `text`, which is in the form of `str` or is the id of a store."""
        match = _FORM.fullmatch(text)
        return cls(match["token"], int(match["number"]), int(match["made"], 16)) if match else cls(text)

    def after(self, number: int) -> "ConversationId":
        """The same conversation with `number` turns."""
        return ConversationId(self.token, number, self.made)

    def read(
        self,
        conversations: Conversations,
        caller: str,
        budget: Budget,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Conversation:
        """The conversation, with all turns that this id counts or, after 2.5 seconds, with fewer; raises `Absent`."""
        for last in self._looks(sleep):
            try:
                conversation = conversations.read(self.token, caller, budget)
            except Absent:
                if last or abs(clock() - self.made) > _YOUNG:
                    raise
                continue
            if last or conversation.number >= (self.number or 0):
                return conversation
        raise AssertionError("unreachable: the last look returns or raises")

    @staticmethod
    def _looks(sleep: Callable[[float], None]) -> Iterator[bool]:
        """For each read, whether it is the last one; it sleeps between them."""
        for pause in _PAUSES:
            yield False
            sleep(pause)
        yield True

    def __str__(self) -> str:
        return self.token if self.number is None else f"{self.token}-{self.number}"
