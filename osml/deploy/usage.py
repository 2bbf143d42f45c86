"""What each caller of an environment's assistant has used of their quota."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from osml.deploy.users import Users
from osml.failure import Failure
from osml.place import Place
from osml.remote.stack import DeployedAssistant, assistant
from rag.quota import Period
from settings.quota import Quota


@dataclass(frozen=True)
class CallerUsage:
    """`caller` is an e-mail address, the name of an API key, or an id.

    `questions` are those of today, `tokens` those of this month.
    """

    caller: str
    questions: int
    tokens: int


def quota_of(place: Place) -> Quota:
    """The quota in the environment's file; raises Failure if there is none."""
    settings = place.settings().assistant
    if settings is None or settings.quota is None:
        raise Failure(
            f"The environment {place.env} has no quota, so use is not counted. Add assistant.quota to "
            f"environments/{place.env}.yaml, then deploy again."
        )
    return settings.quota


def usage(place: Place) -> list[CallerUsage]:
    """The use of each caller who asked today or this month, most tokens first. Raises Failure."""
    quota_of(place)
    deployed = assistant(place)
    if deployed.quota_table is None:
        raise Failure(f"No quota is deployed yet. Deploy it with `osml deploy {place.options}`.")
    now = datetime.now(UTC)
    day, month = Period.day(now).name, Period.month(now).name
    counts = dict(_counts(deployed))
    names = _names(place, deployed)
    callers = {caller for period, caller in counts if period in (day, month)}
    rows = [
        CallerUsage(names.get(caller, caller), counts.get((day, caller), 0), counts.get((month, caller), 0))
        for caller in callers
    ]
    return sorted(rows, key=lambda each: (-each.tokens, -each.questions, each.caller))


def _counts(deployed: DeployedAssistant) -> Iterator[tuple[tuple[str, str], int]]:
    """Each count, after its period and caller: `((period, caller), count)`."""
    client = boto3.client("dynamodb", region_name=deployed.region)
    try:
        for page in client.get_paginator("scan").paginate(TableName=str(deployed.quota_table), ConsistentRead=True):
            for item in page["Items"]:
                period, _, caller = item["id"]["S"].partition(" ")
                yield (period, caller), int(item["used"]["N"])
    except (ClientError, BotoCoreError) as error:
        raise Failure(f"Reading the table {deployed.quota_table} failed: {error}") from None


def _names(place: Place, deployed: DeployedAssistant) -> Mapping[str, str]:
    """The known names of callers by their ids: users' e-mail addresses, or names of API keys."""
    if deployed.user_pool_id:
        return {user.id: user.email for user in Users(place).list()}
    keys = {id: name for name, id in (deployed.api_keys or {}).items()}
    return {**keys, deployed.api_key_id: "others"} if deployed.api_key_id else keys
