"""Conversations in a DynamoDB table: one item each, with the partition key `id` and the time to live `expires`."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from rag import boto_calls
from rag.budget import Budget
from rag.conversations import Conversation, absent, cut, extended, mark_of
from rag.other_side import MEMORY
from rag.prompt import Turn
from settings.runtime_settings import RuntimeTimeouts, Table

Answer = TypeVar("Answer")
_DAY = 86_400


class ConversationTable:
    """Items `{id, caller, expires, number, turns: [{question, answer}]}`; `expires` is in seconds since 1970.

    `number` counts all turns. An item only replaces the one that was read, so that no turn of another question is lost.
    """

    def __init__(self, chosen: Table, timeouts: RuntimeTimeouts, clock: Callable[[], float] = time.time) -> None:
        self._table = chosen.table
        self._seconds = chosen.days * _DAY
        self._clock = clock
        self._clients = boto_calls.Clients("dynamodb", None, read_seconds=5, connect_seconds=timeouts.connection)

    def begin(self, id: str, caller: str, question: str, turn: Turn | None, budget: Budget) -> None:  # noqa: ARG002 - for a memory
        turns = [] if turn is None else [turn]
        self._put(Conversation(id, len(turns), turns), caller, {}, budget)

    def read(self, id: str, caller: str, budget: Budget) -> Conversation:
        def get(client: Any) -> Any:
            return client.get_item(TableName=self._table, Key={"id": {"S": id}}, ConsistentRead=True).get("Item")

        item = self._call(get, budget)
        # DynamoDB removes expired items within days, not at once.
        if not item or item["caller"]["S"] != mark_of(caller) or int(item["expires"]["N"]) <= self._clock():
            raise absent()
        turns = [Turn(turn["M"]["question"]["S"], turn["M"]["answer"]["S"]) for turn in item["turns"]["L"]]
        # An item of an earlier version has no number.
        number = int(item["number"]["N"]) if "number" in item else len(turns)
        return Conversation(id, number, turns)

    def keep(self, conversation: Conversation, caller: str, turn: Turn, budget: Budget) -> None:
        def put(longer: Conversation, number: int) -> bool:
            unchanged = {
                "ConditionExpression": "attribute_not_exists(#number) OR #number = :number",
                "ExpressionAttributeNames": {"#number": "number"},
                "ExpressionAttributeValues": {":number": {"N": str(number)}},
            }
            return self._put(longer, caller, unchanged, budget)

        extended(self, put, conversation, caller, turn, budget)

    def _put(self, conversation: Conversation, caller: str, condition: Mapping[str, Any], budget: Budget) -> bool:
        """Whether it was stored: the condition holds."""
        listed = [
            {"M": {"question": {"S": turn.question}, "answer": {"S": turn.answer}}}
            for turn in map(cut, conversation.turns)
        ]
        item = {
            "id": {"S": conversation.key},
            "caller": {"S": mark_of(caller)},
            "expires": {"N": str(int(self._clock() + self._seconds))},
            "number": {"N": str(conversation.number)},
            "turns": {"L": listed},
        }

        def put(client: Any) -> bool:
            try:
                client.put_item(TableName=self._table, Item=item, **condition)
            except client.exceptions.ConditionalCheckFailedException:
                return False
            return True

        return self._call(put, budget)

    def _call(self, call: Callable[[Any], Answer], budget: Budget) -> Answer:
        def attempt() -> Answer:
            client = self._clients.within(budget)
            with boto_calls.calling(MEMORY):
                return call(client)

        return budget.retrying(attempt)
