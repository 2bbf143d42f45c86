"""Writes the answer model's key into Secrets Manager, so that no template ever holds it."""

import json
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from osml.failure import Failure

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


def put(name: str, key: str, value: str, region: str | None = None) -> None:
    """Stores `value` under the JSON key `key` of the secret `name`, keeping its other keys, and makes it if need be.

    Raises Failure when Secrets Manager refuses, or when the secret holds something else than a JSON object.
    """
    client = boto3.client("secretsmanager", region_name=region)
    known = _value(client, name)
    text = json.dumps({**(known or {}), key: value})
    try:
        try:
            client.put_secret_value(SecretId=name, SecretString=text)
        except client.exceptions.ResourceNotFoundException:
            client.create_secret(Name=name, SecretString=text)
    except (ClientError, BotoCoreError) as error:
        raise Failure(f"Writing the secret {name} failed: {error}") from None


def holds(name: str, key: str, region: str | None = None) -> bool:
    """True when the secret exists and has a value under `key`."""
    value = _value(boto3.client("secretsmanager", region_name=region), name)
    return bool(value and value.get(key))


def _value(client: "SecretsManagerClient", name: str) -> dict[str, str] | None:
    try:
        text = client.get_secret_value(SecretId=name)["SecretString"]
    except client.exceptions.ResourceNotFoundException:
        return None
    except (ClientError, BotoCoreError) as error:
        raise Failure(f"Reading the secret {name} failed: {error}") from None
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise Failure(f"The secret {name} does not hold a JSON object; osml keeps each key as a field of one.")
    return value
