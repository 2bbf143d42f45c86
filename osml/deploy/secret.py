"""The models' keys in Secrets Manager. No template contains them."""

import json
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from aws.secret_object import stored_object
from osml.failure import Failure

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


def put(name: str, key: str, value: str, region: str | None = None, *, encrypted_with: str | None = None) -> None:
    """Stores `value` under the JSON key `key` of the secret `name`, keeps its other keys, and creates a missing secret.

    A new secret is encrypted with the KMS key `encrypted_with`, by default with Secrets Manager's own key.

    Raises Failure when Secrets Manager refuses, or when the secret's value is not a JSON object.
    """
    client = boto3.client("secretsmanager", region_name=region)
    known = _value(client, name)
    text = json.dumps({**(known or {}), key: value})
    try:
        try:
            client.put_secret_value(SecretId=name, SecretString=text)
        except client.exceptions.ResourceNotFoundException:
            if encrypted_with is None:
                client.create_secret(Name=name, SecretString=text)
            else:
                client.create_secret(Name=name, SecretString=text, KmsKeyId=encrypted_with)
    except (ClientError, BotoCoreError) as error:
        raise Failure(f"Writing the secret {name} failed: {error}") from None


def holds(name: str, key: str, region: str | None = None) -> bool:
    """True when the secret exists and has a value under `key`. Raises Failure when it cannot be read."""
    value = _value(boto3.client("secretsmanager", region_name=region), name)
    return bool(value and value.get(key))


def _value(client: "SecretsManagerClient", name: str) -> dict[str, str] | None:
    try:
        value = stored_object(client, name)
    except client.exceptions.ResourceNotFoundException:
        return None
    except (ClientError, BotoCoreError) as error:
        raise Failure(f"Reading the secret {name} failed: {error}") from None
    if value is None:
        sentence = f"The value of the secret {name} is not a JSON object; osml stores each key as a field of one."
        raise Failure(sentence, "secret-key-missing")
    return value
