"""Values in Secrets Manager, read when they are needed and kept nowhere."""

import json

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from mlcommons.errors import InvalidSpec, Refused

# At most 45 s and two short waits; botocore's own five times two minutes would outlast the function.
BRIEFLY = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 3, "mode": "standard"})


def secret_value(arn: str, key: str) -> str:
    """The text under `key` of the secret `arn`, a JSON object.

    Raises `Refused` when it may not be read, `InvalidSpec` when there is no such secret, key or object. No message
    holds any part of the secret.
    """
    tried = f"Reading the secret {arn}"
    try:
        # An interface endpoint answers for its own region, and the secret's ARN names the region.
        client = boto3.client("secretsmanager", region_name=arn.split(":")[3], config=BRIEFLY)
        text = client.get_secret_value(SecretId=arn)["SecretString"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ResourceNotFoundException":
            raise InvalidSpec(tried, "there is no such secret", "Correct its ARN in the environment.") from None
        raise Refused(tried, f"{code} {error.response['Error'].get('Message', '')}") from None
    except (BotoCoreError, KeyError) as error:
        hint = "Does the subnet reach Secrets Manager, and is the secret a text?"
        raise Refused(tried, type(error).__name__, hint) from None
    value = _object(text).get(key)
    if not isinstance(value, str) or not value:
        raise InvalidSpec(tried, f"it has no text under the key {key!r}", "Add the key to the secret.")
    return value


def _object(text: str) -> dict[str, object]:
    # A JSON error's text is part of the document, here the secret.
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    return value if isinstance(value, dict) else {}
