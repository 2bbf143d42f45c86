"""Values in Secrets Manager, read at the first use and kept in the process."""

from collections.abc import Callable
from typing import Any

from aws.secret_object import region_of, stored_object, text_under
from rag.aws_json import SignedSecretsManager
from rag.budget import Budget
from rag.failures import AssistantRefused
from rag.service_failure import SECRETS


class StoredSecret:
    """The JSON object in the secret `id`, a name or an ARN. No message contains any part of it.

    `read` returns the object, by default from Secrets Manager, or None if the secret does not contain an object.
    """

    def __init__(self, id: str, read: Callable[[Budget], dict[str, Any] | None] | None = None) -> None:
        self._id = id
        self._read = read or self._stored
        self._values: dict[str, Any] | None = None

    def value(self, key: str, budget: Budget) -> str:
        """The text under `key`; raises `AssistantRefused` if it is missing, or another `RagFailure`."""
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

    def _stored(self, budget: Budget) -> dict[str, Any] | None:
        return stored_object(SignedSecretsManager(SECRETS, region_of(self._id), budget), self._id)
