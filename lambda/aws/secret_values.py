"""Values in Secrets Manager for the kernel, which are read when they are needed and never stored."""

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from aws.secret_object import region_of, stored_object, text_under
from mlcommons.errors import InvalidSpec, PermissionMissing

# At most 45 s and two short waits. With botocore's defaults, five attempts of two minutes could outlast the function.
BRIEFLY = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 3, "mode": "standard"})


def secret_value(arn: str, key: str) -> str:
    """The text under `key` of the secret `arn`, a JSON object.

    Raises `PermissionMissing` if it cannot be read, and `InvalidSpec` if the secret, its JSON object or the key is
    missing. No message contains any part of the secret.
    """
    tried = f"Reading the secret {arn}"
    try:
        value = stored_object(boto3.client("secretsmanager", region_name=region_of(arn), config=BRIEFLY), arn)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ResourceNotFoundException":
            hint = "Correct its ARN in the environment."
            raise InvalidSpec(tried, "the secret does not exist", hint, "secret-missing") from None
        raise PermissionMissing(tried, f"{code} {error.response['Error'].get('Message', '')}") from None
    except BotoCoreError as error:
        hint = "Check that the subnet can reach Secrets Manager."
        raise PermissionMissing(tried, type(error).__name__, hint) from None
    text = text_under(key, value)
    if text is None:
        hint = "Add the key to the secret."
        raise InvalidSpec(tried, f"it has no string under the key {key!r}", hint, "secret-key-missing")
    return text
