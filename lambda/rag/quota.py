"""The usage of each caller: questions of the day and tokens of the month, in a DynamoDB table.

A question is counted before the work begins, by one conditional update. So the limit holds for any number of concurrent
questions. The tokens of a question are known only after its answer. So the question that exceeds their limit is still
answered, and so are the questions that are in progress at that time.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar

from calls.count_of import count_of
from rag import boto_calls
from rag.budget import Budget
from rag.caller import OPERATORS, Caller
from rag.caller_models import QuotaUsed, Used
from rag.failures import QuotaExceeded
from rag.own_settings import settings
from rag.service_failure import QUOTA
from rag.usage import Usage
from settings.runtime_settings import RuntimeQuota, RuntimeTimeouts

T = TypeVar("T")
# A count expires this time after its day or month.
_KEPT = timedelta(days=35)


@dataclass(frozen=True)
class Period:
    """A day or a month of UTC; `until` is the beginning of the next one."""

    name: str
    until: datetime

    @classmethod
    def day(cls, now: datetime) -> "Period":
        midnight = datetime(now.year, now.month, now.day, tzinfo=UTC)
        return cls(f"{now:%Y-%m-%d}", midnight + timedelta(days=1))

    @classmethod
    def month(cls, now: datetime) -> "Period":
        first = datetime(now.year, now.month, 1, tzinfo=UTC)
        return cls(f"{now:%Y-%m}", (first + timedelta(days=32)).replace(day=1))


def key_of(period: Period, caller: str) -> str:
    """The id of a caller's item for a day or a month."""
    return f"{period.name} {caller}"


@dataclass
class Charge:
    """A question that is counted. The tokens of its answer are added to `usage`."""

    quota: "QuotaCounter"
    caller: str
    day: Period
    month: Period
    usage: Usage = field(default_factory=Usage)

    def end(self, budget: Budget, *, answered: bool) -> None:
        """Count the tokens. Subtract the question again if it was not `answered`."""
        if not answered:
            self.quota.add(self.day, self.caller, -1, budget)
        if tokens := sum(self.usage.tokens):
            self.quota.add(self.month, self.caller, tokens, budget)


class QuotaCounter:
    """Items `{id, used, expires}`; an id is a day or a month, and the caller. `expires` is in seconds since 1970."""

    def __init__(self, chosen: RuntimeQuota, timeouts: RuntimeTimeouts, clock: Callable[[], float] = time.time) -> None:
        self.chosen = chosen
        self._clock = clock
        self._clients = boto_calls.Clients("dynamodb", None, read_seconds=5, connect_seconds=timeouts.connection)

    def begin(self, caller: Caller, budget: Budget) -> Charge | None:
        """Count a question; raises `QuotaExceeded`. Returns None for operators, who are not counted."""
        if caller.id == OPERATORS:
            return None
        day, month = self.periods()
        most = self.chosen.tokens_per_month
        if most is not None and self.used(month, caller.id, budget) >= most:
            raise self._exceeded(
                month,
                f"Your limit of {most:,} tokens a month is reached. Ask again from {month.until:%B} {month.until.day} "
                "(UTC) on",
            )
        questions = self.chosen.questions_per_day
        if not self.add(day, caller.id, 1, budget, below=questions):
            many = count_of(questions or 0, "question")
            raise self._exceeded(day, f"Your limit of {many} a day is reached. Ask again after midnight UTC")
        return Charge(self, caller.id, day, month)

    def periods(self) -> tuple[Period, Period]:
        """The current day and the current month."""
        now = datetime.fromtimestamp(self._clock(), UTC)
        return Period.day(now), Period.month(now)

    def used(self, period: Period, caller: str, budget: Budget) -> int:
        """The number of questions or tokens that the caller has used in this period."""
        key = {"id": {"S": key_of(period, caller)}}

        def get(client: Any) -> Any:
            return client.get_item(TableName=self.chosen.table, Key=key, ConsistentRead=True).get("Item")

        item = self._call(get, budget)
        return int(item["used"]["N"]) if item else 0

    def standing(self, caller: Caller, budget: Budget) -> QuotaUsed | None:
        """The usage of the caller with its limits; None for operators."""
        if caller.id == OPERATORS:
            return None
        day, month = self.periods()

        def used(period: Period, most: int | None) -> Used | None:
            if most is None:
                return None
            return Used(used=self.used(period, caller.id, budget), most=most, until=period.until)

        return QuotaUsed(
            questions=used(day, self.chosen.questions_per_day), tokens=used(month, self.chosen.tokens_per_month)
        )

    def add(self, period: Period, caller: str, number: int, budget: Budget, *, below: int | None = None) -> bool:
        """Add `number` to the usage of the caller; returns False if the usage is not `below` this limit.

        An update is tried again if its answer was lost, so it may count twice.
        """
        values = {":number": {"N": str(number)}, ":expires": {"N": str(int((period.until + _KEPT).timestamp()))}}
        condition = {}
        if below is not None:
            values[":below"] = {"N": str(below)}
            condition = {"ConditionExpression": "attribute_not_exists(used) OR used < :below"}

        def update(client: Any) -> bool:
            try:
                client.update_item(
                    TableName=self.chosen.table,
                    Key={"id": {"S": key_of(period, caller)}},
                    UpdateExpression="ADD used :number SET expires = :expires",
                    ExpressionAttributeValues=values,
                    **condition,
                )
            except client.exceptions.ConditionalCheckFailedException:
                return False
            return True

        return self._call(update, budget)

    def _exceeded(self, period: Period, sentence: str) -> QuotaExceeded:
        wait = period.until.timestamp() - self._clock()
        return QuotaExceeded(f"{sentence}, or ask the environment's administrator for more.", asked_to_wait=wait)

    def _call(self, call: Callable[[Any], T], budget: Budget) -> T:
        def attempt() -> T:
            client = self._clients.within(budget)
            with boto_calls.calling(QUOTA):
                return call(client)

        return budget.retrying(attempt)


@cache
def own_quota() -> QuotaCounter | None:
    """The quota of this environment; None if it has none."""
    chosen = settings()
    return QuotaCounter(chosen.quota, chosen.timeouts) if chosen.quota else None
