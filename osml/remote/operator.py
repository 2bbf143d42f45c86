"""The operator role of an environment, which the caller assumes to ask and to ingest."""

from typing import Any

import boto3
from botocore.credentials import CredentialProvider, CredentialResolver, RefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from osml.failure import Failure


def credentials(arn: str, region: str) -> RefreshableCredentials:
    """Credentials of the role that renew themselves. Raises Failure when the caller may not assume it."""
    client = boto3.client("sts", region_name=region)

    def renew() -> dict[str, str]:
        try:
            keys = client.assume_role(RoleArn=arn, RoleSessionName="osml")["Credentials"]
        except (ClientError, BotoCoreError) as error:
            raise Failure(
                f"Assuming the operator role {arn} failed: {error}. Your identity needs sts:AssumeRole on it.",
                "operator-role-denied",
            ) from None
        return {
            "access_key": keys["AccessKeyId"],
            "secret_key": keys["SecretAccessKey"],
            "token": keys["SessionToken"],
            "expiry_time": keys["Expiration"].isoformat(),
        }

    return RefreshableCredentials.create_from_metadata(renew(), renew, "sts-assume-role")


def session(arn: str, region: str) -> boto3.Session:
    """A session of the role. Raises Failure like `credentials`."""
    core = Session()
    core.register_component("credential_provider", CredentialResolver([_Taken(credentials(arn, region))]))
    return boto3.Session(botocore_session=core, region_name=region)


class _Taken(CredentialProvider):
    METHOD = "osml-operator"

    def __init__(self, keys: RefreshableCredentials) -> None:
        super().__init__()
        self._keys = keys

    def load(self) -> Any:
        return self._keys
