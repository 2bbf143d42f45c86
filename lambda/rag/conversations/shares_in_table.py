"""Links to conversations in the table of conversations: one item each, which expires with the link."""

import json
import time
from collections.abc import Callable
from typing import Any

from rag.aws_json import DynamoDb
from rag.budget import Budget
from rag.conversations import mark_of
from rag.conversations.share import NO_CURSOR, SHARED, Share, key_of, no_link
from rag.cursor import as_cursor, cursor
from rag.service_failure import MEMORY
from settings.runtime_settings import RuntimeTimeouts, Table


class SharesInTable:
    """Items `{id, caller: "shared", expires, words, title}`: `words` is the caller's digest, `title` the link as JSON.

    The names are those of a conversation, because the table's index by callers contains only these attributes.
    """

    def __init__(self, chosen: Table, timeouts: RuntimeTimeouts, clock: Callable[[], float] = time.time) -> None:
        self._table, self._callers, self._clock = chosen.table, chosen.callers, clock
        self._service = DynamoDb(MEMORY, timeouts.connection)

    def put(self, share: Share, budget: Budget) -> None:
        request = {
            **self._key(share.id),
            "UpdateExpression": "SET caller = :caller, expires = :expires, words = :words, title = :title",
            "ExpressionAttributeValues": {
                ":caller": {"S": SHARED},
                ":expires": {"N": str(share.until)},
                ":words": {"S": mark_of(share.caller)},
                ":title": {"S": json.dumps(share.as_json)},
            },
        }
        budget.retrying(lambda: self._service.call("UpdateItem", request, budget))

    def read(self, id: str, budget: Budget) -> Share:
        request = {**self._key(id), "ConsistentRead": True}
        item = budget.retrying(lambda: self._service.call("GetItem", request, budget)).get("Item")
        # DynamoDB removes expired items within days, not at once.
        if not item or item["caller"]["S"] != SHARED or int(item["expires"]["N"]) <= self._clock():
            raise no_link()
        return _share(item)

    def remove(self, id: str, budget: Budget) -> None:
        budget.retrying(lambda: self._service.call("DeleteItem", self._key(id), budget))

    def listed(
        self, caller: str | None, size: int, after: str | None, budget: Budget
    ) -> tuple[list[Share], str | None]:
        values: dict[str, Any] = {":shared": {"S": SHARED}, ":now": {"N": str(int(self._clock()))}}
        query: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": self._callers,
            "KeyConditionExpression": "caller = :shared AND expires > :now",
            "ExpressionAttributeValues": values,
            "ScanIndexForward": False,
            "Limit": size,
        }
        if caller is not None:
            values[":words"] = {"S": mark_of(caller)}
            query["FilterExpression"] = "words = :words"
        if after:
            query["ExclusiveStartKey"] = {**cursor(after, NO_CURSOR), "caller": values[":shared"]}
        page = budget.retrying(lambda: self._service.call("Query", query, budget))
        last = page.get("LastEvaluatedKey")
        return [_share(item) for item in page["Items"]], as_cursor(last) if last else None

    def _key(self, id: str) -> dict[str, Any]:
        return {"TableName": self._table, "Key": {"id": {"S": key_of(id)}}}


def _share(item: dict[str, Any]) -> Share:
    return Share.of(json.loads(item["title"]["S"]))
