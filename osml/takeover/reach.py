"""The domain that is taken over: found by its name, and reached with the caller's own rights."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from requests.auth import AuthBase, HTTPBasicAuth
from requests_aws4auth import AWS4Auth

from mlcommons import Client, HttpTransport
from osml.aws_error import advised, cause_of
from osml.failure import Failure
from osml.remote.engine import LONGEST_SECONDS, Impatience
from osml.takeover.draft import AdoptedDomain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def described(name: str, admin_role: str | None) -> AdoptedDomain:
    """The domain of that name in the caller's account and region. Raises Failure."""
    try:
        status: Mapping[str, Any] = boto3.client("opensearch").describe_domain(DomainName=name)["DomainStatus"]
    except (ClientError, BotoCoreError) as error:
        raise Failure(f"Reading the domain {name} failed: {advised(error)}", cause_of(error)) from None
    host = status.get("Endpoint") or next(iter(status.get("Endpoints", {}).values()), None)
    if host is None:
        raise Failure(f"The domain {name} has no endpoint yet. Wait until it is active, then run this again.")
    return AdoptedDomain(f"https://{host}", status["ARN"], admin_role)


def client(domain: AdoptedDomain, role: str | None = None, login: tuple[str, str] | None = None) -> Client:
    """Requests signed with the shell's credentials, as `role`, or with the `login`, a name and a password."""
    auth: AuthBase
    if login:
        auth = HTTPBasicAuth(login[0].encode(), login[1].encode())
    else:
        region = domain.arn.split(":")[3]
        try:
            auth = AWS4Auth(region=region, service="es", refreshable_credentials=_credentials(role))
        except (ClientError, BotoCoreError) as error:
            raise Failure(f"Signing requests to {domain.endpoint} failed: {advised(error)}", cause_of(error)) from None
    verify = os.environ.get("REQUESTS_CA_BUNDLE", True)
    return Client(HttpTransport(domain.endpoint, auth=auth, verify=verify), Impatience(seconds=LONGEST_SECONDS))


def _credentials(role: str | None) -> Any:
    if role is None:
        own = boto3.Session().get_credentials()
        if own is None:
            raise Failure("There are no AWS credentials in this shell. Sign in, or add --user NAME.", "no-credentials")
        return own
    keys = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="osml-import")["Credentials"]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    return session.get_credentials()
