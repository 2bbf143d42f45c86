"""Feedback in a DynamoDB table: one item each, all under one partition key, in the order of their conversations."""

import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from rag import boto_calls
from rag.budget import Budget
from rag.failures import Invalid
from rag.feedback import expiry
from rag.feedback_models import Judgement, Rating
from rag.service_failure import FEEDBACK
from settings.runtime_settings import RuntimeTimeouts

KIND = "feedback"
Told = TypeVar("Told")


class FeedbackInTable:
    """Items `{kind, id, expires, feedback}`: `feedback` is JSON, `expires` in seconds since 1970.

    An id begins with the time of its conversation, so the newest conversations are listed first.
    """

    def __init__(
        self, table: str, days: int, timeouts: RuntimeTimeouts, clock: Callable[[], float] = time.time
    ) -> None:
        self._table, self._days, self._clock = table, days, clock
        self._clients = boto_calls.Clients("dynamodb", None, read_seconds=5, connect_seconds=timeouts.connection)

    def put(self, feedback: Judgement, budget: Budget) -> None:
        item = {
            **_key(feedback.id),
            "expires": {"N": str(expiry(feedback, self._days))},
            "feedback": {"S": feedback.model_dump_json()},
        }
        self._call(lambda client: client.put_item(TableName=self._table, Item=item), budget)

    def remove(self, id: str, budget: Budget) -> None:
        self._call(lambda client: client.delete_item(TableName=self._table, Key=_key(id)), budget)

    def listed(self, size: int, after: str | None, budget: Budget) -> tuple[list[Judgement], str | None]:
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "kind = :kind",
            "FilterExpression": "expires > :now",
            "ExpressionAttributeValues": {":kind": {"S": KIND}, ":now": {"N": str(int(self._clock()))}},
            "ScanIndexForward": False,
            "Limit": size,
        }
        if after is not None:
            if not after:
                raise Invalid("`after` is empty; leave it out to begin at the first page.")
            query["ExclusiveStartKey"] = _key(after)
        page = self._call(lambda client: client.query(**query), budget)
        last = page.get("LastEvaluatedKey")
        listed = [Judgement.model_validate_json(item["feedback"]["S"]) for item in page["Items"]]
        return listed, last["id"]["S"] if last else None

    def ratings(self, token: str, numbers: Sequence[int], budget: Budget) -> dict[int, Rating]:
        query: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "kind = :kind AND begins_with(id, :token)",
            "FilterExpression": "expires > :now",
            "ExpressionAttributeValues": {
                ":kind": {"S": KIND},
                ":token": {"S": f"{token}-"},
                ":now": {"N": str(int(self._clock()))},
            },
        }
        rating_by_id = dict[str, Rating | None]()
        while True:
            page = self._call(lambda client: client.query(**query), budget)
            for item in page["Items"]:
                feedback = Judgement.model_validate_json(item["feedback"]["S"])
                rating_by_id[feedback.id] = feedback.rating
            if "LastEvaluatedKey" not in page:
                break
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return {number: rating for number in numbers if (rating := rating_by_id.get(f"{token}-{number}"))}

    def sweep(self, budget: Budget) -> None:
        """Does nothing, because DynamoDB removes expired items."""

    def _call(self, call: Callable[[Any], Told], budget: Budget) -> Told:
        def attempt() -> Told:
            client = self._clients.within(budget)
            with boto_calls.calling(FEEDBACK):
                return call(client)

        return budget.retrying(attempt)


def _key(id: str) -> dict[str, Any]:
    return {"kind": {"S": KIND}, "id": {"S": id}}
