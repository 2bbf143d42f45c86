"""Conversations in a DynamoDB table: one item each, with the partition key `id` and the time to live `expires`.

An index of the table has the items of each caller in the order of `expires`.
"""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from rag.aws_json import DynamoDb
from rag.budget import Budget
from rag.conversations import (
    NO_CURSOR,
    Conversation,
    ConversationEntry,
    absent,
    cut,
    extended,
    mark_of,
    restored,
    stored,
    title_of,
    words_of,
)
from rag.cursor import as_cursor, cursor
from rag.origin import Origin
from rag.prompt import Turn
from rag.service_failure import MEMORY
from settings.runtime_settings import RuntimeTimeouts, Table

_DAY = 86_400
_ITSELF = "attribute_exists(id) AND caller = :caller"
Item = Mapping[str, Any]


class ConversationsInTable:
    """Items `{id, caller, expires, changed, number, title, words, turns: [{question, answer, origin}]}`.

    Times are in seconds since 1970. `words` is the text that a search reads: the title and the questions in lower case.
    `number` counts all turns. A turn is added only if the item still has the number of turns that was read, so no turn
    is lost. Items of earlier versions have `id`, `caller`, `expires` and `turns`, and sometimes `number`.
    """

    def __init__(self, chosen: Table, timeouts: RuntimeTimeouts, clock: Callable[[], float] = time.time) -> None:
        self._table, self._callers = chosen.table, chosen.callers
        self._seconds = chosen.days * _DAY
        self._clock = clock
        self._service = DynamoDb(MEMORY, timeouts.connection)

    def begin(self, id: str, caller: str, question: str, turn: Turn | None, budget: Budget) -> None:
        turns = [] if turn is None else [cut(turn)]
        self._put(Conversation(id, len(turns), turns, title_of(question)), caller, None, budget)

    def read(self, id: str, caller: str, budget: Budget) -> Conversation:
        item = self._item(id, budget)
        # DynamoDB removes expired items within days, not at once.
        if not item or item["caller"]["S"] != mark_of(caller) or int(item["expires"]["N"]) <= self._clock():
            raise absent()
        turns = [_turn(turn["M"]) for turn in item["turns"]["L"]]
        number = int(item["number"]["N"]) if "number" in item else len(turns)
        return Conversation(id, number, turns, _title(item), self._changed(item))

    def keep(self, conversation: Conversation, caller: str, turn: Turn, budget: Budget) -> None:
        extended(
            self, lambda longer, number: self._put(longer, caller, number, budget), conversation, caller, turn, budget
        )

    def listed(
        self, caller: str, size: int, after: str | None, search: str | None, budget: Budget
    ) -> tuple[list[ConversationEntry], str | None]:
        words = words_of(search)
        values: dict[str, Any] = {":caller": {"S": mark_of(caller)}, ":now": {"N": str(int(self._clock()))}}
        values |= {f":word{place}": {"S": word} for place, word in enumerate(words)}
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": self._callers,
            "KeyConditionExpression": "caller = :caller AND expires > :now",
            "ExpressionAttributeValues": values,
            "ScanIndexForward": False,
            "Limit": size,
        }
        if words:
            has_all = " AND ".join(f"contains(words, :word{place})" for place in range(len(words)))
            query["FilterExpression"] = f"attribute_not_exists(words) OR {has_all}"
        if after:
            query["ExclusiveStartKey"] = {**cursor(after, NO_CURSOR), "caller": values[":caller"]}
        page = budget.retrying(lambda: self._service.call("Query", query, budget))
        entries = [self._entry(item, budget) for item in page["Items"]]
        last = page.get("LastEvaluatedKey")
        return (
            [entry for entry, searched in entries if all(word in searched for word in words)],
            as_cursor(last) if last else None,
        )

    def rename(self, id: str, caller: str, title: str, budget: Budget) -> None:
        conversation = self.read(id, caller, budget)
        values = {
            ":caller": {"S": mark_of(caller)},
            ":title": {"S": title},
            ":words": {"S": f"{title.lower()} {conversation.searched}"},
        }
        self._change(id, "SET title = :title, words = :words", values, budget)

    def remove(self, id: str, caller: str, budget: Budget) -> None:
        self.read(id, caller, budget)

        unless_others = {
            "TableName": self._table,
            "Key": {"id": {"S": id}},
            "ConditionExpression": "attribute_not_exists(id) OR caller = :caller",
            "ExpressionAttributeValues": {":caller": {"S": mark_of(caller)}},
        }
        budget.retrying(lambda: self._service.call("DeleteItem", unless_others, budget))

    def _entry(self, item: Item, budget: Budget) -> tuple[ConversationEntry, str]:
        """The list entry of an item, and the text that a search reads.

        An item of an earlier version has no title; then it is read from the table, because the index has no turns.
        """
        if "title" not in item:
            item = self._item(item["id"]["S"], budget) or item
        turns = [turn["M"]["question"]["S"] for turn in item.get("turns", {"L": []})["L"]]
        number = int(item["number"]["N"]) if "number" in item else len(turns)
        searched = item["words"]["S"] if "words" in item else " ".join(turns).lower()
        return ConversationEntry(item["id"]["S"], _title(item), self._changed(item), number), searched

    def _changed(self, item: Item) -> int:
        return int(item["changed"]["N"]) if "changed" in item else int(item["expires"]["N"]) - self._seconds

    def _put(self, conversation: Conversation, caller: str, number: int | None, budget: Budget) -> bool:
        """Store the conversation; returns False if the item no longer has `number` turns (None for a new one).

        A title that the item got in the meantime stays.
        """
        now = int(self._clock())
        listed = [
            {"M": {name: {"S": value if isinstance(value, str) else json.dumps(value)} for name, value in turn.items()}}
            for turn in map(stored, conversation.turns)
        ]
        values = {
            ":caller": {"S": mark_of(caller)},
            ":expires": {"N": str(now + self._seconds)},
            ":changed": {"N": str(now)},
            ":next": {"N": str(conversation.number)},
            ":turns": {"L": listed},
            ":title": {"S": conversation.title},
            ":words": {"S": f"{conversation.title.lower()} {conversation.searched}"},
        }
        change = (
            "SET caller = :caller, expires = :expires, changed = :changed, #number = :next, turns = :turns, "
            "words = :words, title = if_not_exists(title, :title)"
        )
        condition = None
        if number is not None:
            condition = f"{_ITSELF} AND (attribute_not_exists(#number) OR #number = :number)"
            values[":number"] = {"N": str(number)}
        return self._change(conversation.key, change, values, budget, condition, **{"#number": "number"})

    def _change(
        self,
        id: str,
        change: str,
        values: Mapping[str, Any],
        budget: Budget,
        condition: str | None = _ITSELF,
        **names: str,
    ) -> bool:
        """Change the item; returns False if the condition is not met."""
        request = {
            "TableName": self._table,
            "Key": {"id": {"S": id}},
            "UpdateExpression": change,
            "ExpressionAttributeValues": values,
            **({"ExpressionAttributeNames": names} if names else {}),
            **({"ConditionExpression": condition} if condition else {}),
        }

        return budget.retrying(lambda: self._service.changed("UpdateItem", request, budget))

    def _item(self, id: str, budget: Budget) -> Item | None:
        request = {"TableName": self._table, "Key": {"id": {"S": id}}, "ConsistentRead": True}
        item: Item | None = budget.retrying(lambda: self._service.call("GetItem", request, budget)).get("Item")
        return item


def _turn(item: Item) -> Turn:
    turn = {name: value["S"] for name, value in item.items()}
    if "origin" not in turn:
        return restored(turn)
    return Turn(turn["question"], turn["answer"], Origin.of(json.loads(turn["origin"])))


def _title(item: Item) -> str:
    turns = item.get("turns", {"L": []})["L"]
    first = turns[0]["M"]["question"]["S"] if turns else ""
    return str(item["title"]["S"]) if "title" in item else title_of(first)
