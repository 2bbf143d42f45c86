"""A secret in Secrets Manager as everything here keeps it: one JSON object with texts.

The client is passed in and botocore's errors come out: each caller has sentences of its own for them. Nothing that is
raised here holds any part of a secret.
"""

import json
from typing import Any, Protocol


class SecretsManager(Protocol):
    """As much of boto3's client as is needed."""

    def get_secret_value(self, *, SecretId: str) -> Any: ...


def region_of(id: str) -> str | None:
    """The region that an ARN names, None for a name; an interface endpoint answers for its own region alone."""
    return id.split(":")[3] if id.startswith("arn:") else None


def stored_object(client: SecretsManager, id: str) -> dict[str, Any] | None:
    """The object in the secret with this name or ARN; None where it holds anything else."""
    # A JSON error's text is part of the document, here the secret.
    try:
        value = json.loads(client.get_secret_value(SecretId=id).get("SecretString", ""))
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def text_under(key: str, value: dict[str, Any] | None) -> str | None:
    """The text under `key` of a secret's object; None where there is none, or an empty one."""
    text = (value or {}).get(key)
    return text if isinstance(text, str) and text else None
