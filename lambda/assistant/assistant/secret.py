"""Values in Secrets Manager, read when first needed and kept by the process."""

import json
from typing import Any

from assistant.budget import Budget
from assistant.failures import Refused
from assistant.other_side import SECRETS


class Secret:
    """The JSON object in the secret `arn`. No message holds any part of it."""

    def __init__(self, arn: str) -> None:
        self._arn = arn
        self._values: dict[str, Any] | None = None

    def value(self, key: str, budget: Budget) -> str:
        """The text under `key`; raises `Refused` when there is none, or another `Failure`."""
        if self._values is None:
            self._values = _object(budget.retrying(self._read))
        value = self._values.get(key)
        if not isinstance(value, str) or not value:
            raise Refused(
                f"{SECRETS} has no text under the key that the assistant needs: store one with `osml secret set`.",
                f"{self._arn} has no text under {key!r}",
            )
        return value

    def forget(self) -> None:
        """Read it again the next time: its value was refused, so it may have been changed."""
        self._values = None

    def _read(self) -> str:
        from assistant import aws

        # An interface endpoint answers for its own region, and the secret's ARN names the region.
        client = aws.client("secretsmanager", self._arn.split(":")[3], read_seconds=5)
        with aws.calling(SECRETS):
            return str(client.get_secret_value(SecretId=self._arn).get("SecretString", ""))


def _object(text: str) -> dict[str, Any]:
    # A JSON error's text is part of the document, here the secret.
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {}
