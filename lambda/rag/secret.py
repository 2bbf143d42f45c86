"""Values in Secrets Manager, read at the first use and kept in the process."""

import os
from typing import Any

from aws.secret_object import region_of, stored_object, text_under
from rag.aws_statuses import STATUS
from rag.budget import Budget
from rag.failures import AssistantRefused, Broken
from rag.other_side import SECRETS, failure_of
from rag.signature import signature
from rag.wire import Wire
from settings.regions import PARTITIONS, partition_of

# Where the service is, if it is elsewhere, as AWS's own clients are told.
_ENDPOINTS = ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL")


class StoredSecret:
    """The JSON object in the secret `id`, a name or an ARN. No message contains any part of it."""

    def __init__(self, id: str) -> None:
        self._id = id
        self._values: dict[str, Any] | None = None

    def value(self, key: str, budget: Budget) -> str:
        """The text under `key`; raises `AssistantRefused` if it is missing, or another `Failure`."""
        if self._values is None:
            self._values = budget.retrying(lambda: self._read(budget)) or {}
        value = text_under(key, self._values)
        if value is None:
            raise AssistantRefused(
                f"{SECRETS} lacks the key that the assistant needs. Store it with `osml secret set`.",
                f"{self._id} has no text under {key!r}",
            )
        return value

    def forget(self) -> None:
        """Read the secret again at the next use: its value was refused, so it may have changed."""
        self._values = None

    def _read(self, budget: Budget) -> dict[str, Any] | None:
        return stored_object(_SecretsManager(region_of(self._id), budget), self._id)


class _SecretsManager:
    """As much of boto3's client as is needed: boto3 takes longer to import than a question takes to answer."""

    def __init__(self, region: str | None, budget: Budget) -> None:
        self._region, self._budget = region or os.environ.get("AWS_REGION", ""), budget

    def get_secret_value(self, *, SecretId: str) -> Any:
        partition = partition_of(self._region) or PARTITIONS[0]
        host = f"https://secretsmanager.{self._region}.{partition.suffix}"
        url = next(filter(None, map(os.environ.get, _ENDPOINTS)), host)
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "secretsmanager.GetSecretValue"}
        wire = Wire(SECRETS, connect_seconds=5, auth=signature(self._region, "secretsmanager"))
        try:
            return wire.send("POST", url, self._budget, 5, json={"SecretId": SecretId}, headers=headers).json()
        except Broken as broken:
            named = next((name for name in STATUS if name in broken.said), None)
            raise failure_of(SECRETS, STATUS[named], broken.said) if named else broken from None
