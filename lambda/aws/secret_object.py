"""Reads secrets of Secrets Manager: each is one JSON object with texts.

The client is passed in, and botocore's errors are raised unchanged, because each caller has its own messages for them.
No error raised here contains any part of a secret.
"""

import json
from typing import Any, Protocol


class SecretsManager(Protocol):
    """The part of boto3's client that is needed here."""

    def get_secret_value(self, *, SecretId: str) -> Any: ...


def region_of(id: str) -> str | None:
    """The region in an ARN, None for a name. An interface endpoint answers only for its own region."""
    return id.split(":")[3] if id.startswith("arn:") else None


def stored_object(client: SecretsManager, id: str) -> dict[str, Any] | None:
    """The JSON object in the secret with this name or ARN; None if the secret contains anything else."""
    # The error is not passed on, because its text contains a part of the document, here the secret.
    try:
        value = json.loads(client.get_secret_value(SecretId=id).get("SecretString", ""))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def text_under(key: str, value: dict[str, Any] | None) -> str | None:
    """The text under `key` of a secret's object; None if it is missing or empty."""
    text = (value or {}).get(key)
    return text if isinstance(text, str) and text else None
