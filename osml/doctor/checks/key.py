"""The models' keys: each secret exists and has the JSON key of its connector. Values are never shown."""

from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from aws.secret_object import stored_object, text_under
from mlcommons import ProvisioningError
from mlcommons.client import path_of
from mlcommons.serving import last_read, serving
from mlcommons.watched import Watched
from osml.doctor.checks.check import Check
from osml.doctor.checks.complaints import complaint
from osml.doctor.checks.context import Context
from osml.doctor.checks.verdict import Skipped, Unchecked
from settings.secret import Secret


def secrets(context: Context) -> str:
    """Each secret and its key, or only the secret if the caller may not read it."""
    if not context.settings.secrets:
        raise Skipped("no model needs a key")
    return ", ".join(_seen(context, secret) for secret in context.settings.secrets.values())


def refused(context: Context) -> str:
    """The cause when a provider refuses the key: it is wrong, or the connector has not read the new key yet.

    A connector reads its secret when it is created or updated.
    """
    try:
        written = [_written(context, connector) for connector in context.of_kind("Connector")]
        read = [datetime.fromtimestamp(seconds, UTC) for seconds in written if seconds is not None]
        client = context.session.client("secretsmanager")
        described = [client.describe_secret(SecretId=secret.name) for secret in context.settings.secrets.values()]
    except (KeyError, ProvisioningError, ClientError, BotoCoreError):
        return "key-refused"
    changed = [secret["LastChangedDate"] for secret in described if "LastChangedDate" in secret]
    return "key-not-taken-over" if read and any(moment > min(read) for moment in changed) else "key-refused"


def _written(context: Context, connector: Watched) -> float | None:
    """When the connector in use was last updated, in seconds since 1970; None if the engine does not tell it."""
    in_use = serving(context.client, connector.id, connector.owner.stack)
    return last_read(context.client.get(path_of("_plugins", "_ml", "connectors", in_use)))


def _seen(context: Context, secret: Secret) -> str:
    client = context.session.client("secretsmanager")
    try:
        client.describe_secret(SecretId=secret.name)
        value = stored_object(client, secret.name)
    except client.exceptions.ResourceNotFoundException:
        cause = f"There is no secret {secret.name} in {client.meta.region_name}, or it has no value"
        raise complaint(context.place, "secret-missing", cause) from None
    except ClientError as error:
        if "AccessDenied" not in error.response["Error"].get("Code", ""):
            raise Unchecked(f"{error}") from None
        return f"{secret.name} exists; you may not read its keys"
    except BotoCoreError as error:
        raise Unchecked(f"{error}") from None
    if text_under(secret.key, value) is None:
        raise complaint(
            context.place, "secret-key-missing", f"The secret {secret.name} has no value under {secret.key}"
        )
    return f"{secret.name} has {secret.key}"


CHECK = Check("secret and key", secrets, after="trusted endpoints")
