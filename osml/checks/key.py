"""The models' keys: the secret is there, and has the JSON key that the connector asks for. Values are never shown."""

import json
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from mlcommons import ProvisioningError
from mlcommons.client import path_of
from mlcommons.rotation import last_read
from osml.checks.complaints import complaint
from osml.checks.seat import Seat
from osml.checks.verdict import Skipped
from osml.environment.secret import Secret


def secrets(seat: Seat) -> str:
    """Each secret and its key; only that there is one where the caller may not read it."""
    if not seat.settings.secrets:
        raise Skipped("no model needs a key")
    return ", ".join(_seen(seat, secret) for secret in seat.settings.secrets.values())


def refused(seat: Seat) -> str:
    """Why a provider refuses the key, by name: it is the wrong one, or a connector has not read the new one yet.

    A connector reads its secret when it is made or updated.
    """
    try:
        read = [datetime.fromtimestamp(_written(seat, one.id), UTC) for one in seat.of_kind("Connector")]
        client = seat.session.client("secretsmanager")
        described = [client.describe_secret(SecretId=one.name) for one in seat.settings.secrets.values()]
    except (KeyError, ProvisioningError, ClientError, BotoCoreError):
        return "key-refused"
    changed = [one["LastChangedDate"] for one in described if "LastChangedDate" in one]
    return "key-not-taken-over" if read and any(one > min(read) for one in changed) else "key-refused"


def _written(seat: Seat, connector_id: str) -> float:
    """When a connector was last written, in seconds since 1970."""
    return last_read(seat.client.get(path_of("_plugins", "_ml", "connectors", connector_id))) or 0.0


def _seen(seat: Seat, secret: Secret) -> str:
    client = seat.session.client("secretsmanager")
    try:
        client.describe_secret(SecretId=secret.name)
        text = client.get_secret_value(SecretId=secret.name).get("SecretString", "")
    except client.exceptions.ResourceNotFoundException:
        cause = f"There is no secret {secret.name} in {client.meta.region_name}, or it has no value"
        raise complaint(seat.place, "secret-missing", cause) from None
    except ClientError as error:
        if "AccessDenied" not in error.response["Error"].get("Code", ""):
            raise Skipped(f"could not be checked: {error}") from None
        return f"{secret.name}, whose keys you may not read"
    except BotoCoreError as error:
        raise Skipped(f"could not be checked: {error}") from None
    if not _holds(text, secret.key):
        raise complaint(seat.place, "secret-key-missing", f"The secret {secret.name} has no value under {secret.key}")
    return f"{secret.name} has {secret.key}"


def _holds(text: str, key: str) -> bool:
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return False
    return isinstance(value, dict) and bool(value.get(key))
