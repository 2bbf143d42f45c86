"""Conversations in a DynamoDB table: one item each, with the partition key `id` and the time to live `expires`."""

import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any

from rag import boto_calls
from rag.budget import Budget
from rag.conversations import MOST_TURNS, absent, mark_of
from rag.other_side import MEMORY
from rag.prompt import Turn
from settings.runtime_settings import Table, Timeouts

_DAY = 86_400
# An item is limited to 400 KB, and R1 may answer with 8192 tokens.
_MOST_ANSWER = 20_000


class ConversationTable:
    """Items `{id, caller, expires, turns: [{question, answer}]}`; `expires` is in seconds since 1970."""

    def __init__(self, chosen: Table, timeouts: Timeouts, clock: Callable[[], float] = time.time) -> None:
        self._table = chosen.table
        self._seconds = chosen.days * _DAY
        self._clock = clock
        self._clients = boto_calls.Clients("dynamodb", None, read_seconds=5, connect_seconds=timeouts.connection)

    def begin(self, caller: str, question: str, turn: Turn | None, budget: Budget) -> str:  # noqa: ARG002 - for a memory
        id = secrets.token_urlsafe(16)
        self._put(id, caller, [] if turn is None else [turn], budget)
        return id

    def turns(self, id: str, caller: str, budget: Budget) -> Sequence[Turn]:
        item = self._call(
            lambda client: client.get_item(TableName=self._table, Key={"id": {"S": id}}, ConsistentRead=True), budget
        ).get("Item")
        # DynamoDB removes expired items within days, not at once.
        if not item or item["caller"]["S"] != mark_of(caller) or int(item["expires"]["N"]) <= self._clock():
            raise absent()
        return [Turn(turn["M"]["question"]["S"], turn["M"]["answer"]["S"]) for turn in item["turns"]["L"]]

    def keep(self, id: str, caller: str, earlier: Sequence[Turn], turn: Turn, budget: Budget) -> None:
        self._put(id, caller, [*earlier, turn][-MOST_TURNS:], budget)

    def _put(self, id: str, caller: str, turns: Sequence[Turn], budget: Budget) -> None:
        listed = [
            {"M": {"question": {"S": turn.question}, "answer": {"S": turn.answer[:_MOST_ANSWER]}}} for turn in turns
        ]
        item = {
            "id": {"S": id},
            "caller": {"S": mark_of(caller)},
            "expires": {"N": str(int(self._clock() + self._seconds))},
            "turns": {"L": listed},
        }
        self._call(lambda client: client.put_item(TableName=self._table, Item=item), budget)

    def _call(self, call: Callable[[Any], dict[str, Any]], budget: Budget) -> dict[str, Any]:
        def attempt() -> dict[str, Any]:
            client = self._clients.within(budget)
            with boto_calls.calling(MEMORY):
                return call(client)

        return budget.retrying(attempt)
