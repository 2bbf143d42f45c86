"""Conversations in a DynamoDB table: one item each, with the partition key `id` and the time to live `expires`."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from rag import boto_calls
from rag.budget import Budget
from rag.conversations import MOST_TURNS, Conversation, absent, mark_of
from rag.failures import Unavailable
from rag.other_side import MEMORY
from rag.prompt import Turn
from settings.runtime_settings import Table, Timeouts

Answer = TypeVar("Answer")
_DAY = 86_400
# An item is limited to 400 KB, and R1 may answer with 8192 tokens.
_MOST_ANSWER = 20_000
# How often a turn is added again after others have added theirs.
_TRIES = 5


class ConversationTable:
    """Items `{id, caller, expires, number, turns: [{question, answer}]}`; `expires` is in seconds since 1970.

    `number` counts all turns. An item only replaces the one that was read, so that no turn of another question is lost.
    """

    def __init__(self, chosen: Table, timeouts: Timeouts, clock: Callable[[], float] = time.time) -> None:
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
        for _ in range(_TRIES):
            turns = [*conversation.turns, turn][-MOST_TURNS:]
            longer = Conversation(conversation.key, conversation.number + 1, turns)
            unchanged = {
                "ConditionExpression": "attribute_not_exists(#number) OR #number = :number",
                "ExpressionAttributeNames": {"#number": "number"},
                "ExpressionAttributeValues": {":number": {"N": str(conversation.number)}},
            }
            if self._put(longer, caller, unchanged, budget):
                return
            conversation = self.read(conversation.key, caller, budget)
            if conversation.turns and conversation.turns[-1] == _cut(turn):
                return  # written by a try whose answer was lost
        raise Unavailable(f"{MEMORY} is written to by too many questions at once. Try again soon.")

    def _put(
        self, conversation: Conversation, caller: str, condition: Mapping[str, Any], budget: Budget
    ) -> dict[str, Any] | None:
        """The answer; None if the condition does not hold."""
        listed = [
            {"M": {"question": {"S": turn.question}, "answer": {"S": turn.answer}}}
            for turn in map(_cut, conversation.turns)
        ]
        item = {
            "id": {"S": conversation.key},
            "caller": {"S": mark_of(caller)},
            "expires": {"N": str(int(self._clock() + self._seconds))},
            "number": {"N": str(conversation.number)},
            "turns": {"L": listed},
        }

        def put(client: Any) -> dict[str, Any] | None:
            try:
                answer: dict[str, Any] = client.put_item(TableName=self._table, Item=item, **condition)
            except client.exceptions.ConditionalCheckFailedException:
                return None
            return answer

        return self._call(put, budget)

    def _call(self, call: Callable[[Any], Answer], budget: Budget) -> Answer:
        def attempt() -> Answer:
            client = self._clients.within(budget)
            with boto_calls.calling(MEMORY):
                return call(client)

        return budget.retrying(attempt)


def _cut(turn: Turn) -> Turn:
    return Turn(turn.question, turn.answer[:_MOST_ANSWER])
