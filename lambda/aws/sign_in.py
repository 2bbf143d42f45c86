"""How a function signs in to its target: by its own signature, that of a role it assumes, or name and password."""

from typing import Any

import boto3
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError
from requests.auth import AuthBase, HTTPBasicAuth
from requests_aws4auth import AWS4Auth

from aws.secret_values import BRIEFLY, secret_value
from mlcommons import Patience
from mlcommons.errors import PermissionMissing

SESSION = "osml-provisioner"


def sign_in(target: dict[str, Any], patience: Patience) -> AuthBase:
    """Credentials for the requests of one invocation.

    `target` has `region` and `service`, and optionally `role`, the ARN of a role to sign as, or
    `auth: {"basic": {"secretArn", "username", "password"}}`, the JSON keys of name and password.
    Raises `PermissionMissing` and `InvalidSpec`.
    """
    basic = target.get("auth", {}).get("basic")
    if basic:
        username, password = (secret_value(basic["secretArn"], basic[part]) for part in ("username", "password"))
        # Passed as bytes, because requests would encode text as latin-1.
        return HTTPBasicAuth(username.encode(), password.encode())
    role, region = target.get("role"), target["region"]
    keys = _taken(role, region, patience) if role else boto3.Session().get_credentials()
    signed: AuthBase = AWS4Auth(region=region, service=target["service"], refreshable_credentials=keys)
    return signed


def _taken(role: str, region: str, patience: Patience) -> Credentials:
    """Keys of the role. The request is repeated for as long as IAM may need to spread the permission."""
    client = boto3.client("sts", region_name=region, config=BRIEFLY)
    attempt = 0
    while True:
        try:
            keys = client.assume_role(RoleArn=role, RoleSessionName=SESSION)["Credentials"]
        except ClientError as error:
            spreading = patience.elapsed() < patience.propagation
            if not spreading or not patience.wait(attempt):
                cause = error.response["Error"]["Code"]
                raise PermissionMissing(
                    f"Assuming the role {role}", cause, "Its trust policy must name the provisioner."
                ) from None
        except BotoCoreError as error:
            hint = "Check that the subnet can reach STS (search.vpc.endpoints)."
            raise PermissionMissing(f"Assuming the role {role}", type(error).__name__, hint) from None
        else:
            return Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        attempt += 1
