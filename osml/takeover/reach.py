"""The domain or collection that is taken over: found by its name, and reached with the caller's own rights."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from requests.auth import AuthBase, HTTPBasicAuth
from requests_aws4auth import AWS4Auth

from mlcommons import Client, Collection, HttpTransport
from osml.aws_error import advised, cause_of
from osml.failure import Failure
from osml.remote.engine import LONGEST_SECONDS, Impatience
from osml.takeover.collection_draft import AdoptedCollection
from osml.takeover.draft import AdoptedDomain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def described(name: str, admin_role: str | None) -> AdoptedDomain:
    """The domain of that name in the caller's account and region. Raises Failure."""
    try:
        status: Mapping[str, Any] = boto3.client("opensearch").describe_domain(DomainName=name)["DomainStatus"]
    except (ClientError, BotoCoreError) as error:
        if _is_absent(error):
            raise Failure(f"This account and region have no domain {name}. Check the name and AWS_REGION.") from None
        raise Failure(f"Reading the domain {name} failed: {advised(error)}", cause_of(error)) from None
    host = status.get("Endpoint") or next(iter(status.get("Endpoints", {}).values()), None)
    if host is None:
        raise Failure(f"The domain {name} has no endpoint yet. Wait until it is active, then run this again.")
    return AdoptedDomain(f"https://{host}", status["ARN"], admin_role)


def _is_absent(error: ClientError | BotoCoreError) -> bool:
    """Whether no domain has the name, or none can have it."""
    if isinstance(error, ClientError):
        return error.response["Error"].get("Code") in ("ResourceNotFoundException", "ValidationException")
    return isinstance(error, ParamValidationError)


def client(domain: AdoptedDomain, role: str | None = None, login: tuple[str, str] | None = None) -> Client:
    """Requests signed with the shell's credentials, as `role`, or with the `login`, a name and a password."""
    auth = HTTPBasicAuth(login[0].encode(), login[1].encode()) if login else _signature(domain, "es", role)
    return Client(_transport(domain.endpoint, auth), Impatience(seconds=LONGEST_SECONDS))


def described_collection(name: str) -> AdoptedCollection:
    """The vector collection of that name in the caller's account and region. Raises Failure."""
    try:
        aoss = boto3.client("opensearchserverless")
        details = aoss.batch_get_collection(names=[name])["collectionDetails"]
        group = details[0].get("collectionGroupName") if details else None
        groups = aoss.batch_get_collection_group(names=[group])["collectionGroupDetails"] if group else []
    except (ClientError, BotoCoreError) as error:
        raise Failure(f"Reading the collection {name} failed: {advised(error)}", cause_of(error)) from None
    if not details:
        raise Failure(f"This account and region have no collection {name}. Check the name and AWS_REGION.")
    (collection,) = details
    if collection["type"] != "VECTORSEARCH":
        raise Failure(
            f"The collection {name} is of the type {collection['type']}, which has no vectors. Only one of the type "
            "VECTORSEARCH can be adopted."
        )
    if collection["status"] != "ACTIVE":
        raise Failure(f"The collection {name} is {collection['status']}. Wait until it is ACTIVE, then run this again.")
    generation = groups[0].get("generation", "CLASSIC") if groups else "CLASSIC"
    return AdoptedCollection(name, collection["arn"], collection["collectionEndpoint"], generation.lower())


def collection_client(collection: AdoptedCollection, role: str | None = None) -> Client:
    """Requests to the collection, signed with the shell's credentials, or as `role`."""
    auth = _signature(collection, "aoss", role)
    principal = role or "the role that signs"
    here = Collection(policy=f"of {collection.name}", principal=principal, spreading=0.0)
    return Client(_transport(collection.endpoint, auth), Impatience(seconds=LONGEST_SECONDS), collection=here)


def _signature(there: AdoptedDomain | AdoptedCollection, service: str, role: str | None) -> AuthBase:
    try:
        keys = _credentials(role)
        signature: AuthBase = AWS4Auth(region=there.arn.split(":")[3], service=service, refreshable_credentials=keys)
    except (ClientError, BotoCoreError) as error:
        raise Failure(f"Signing requests to {there.endpoint} failed: {advised(error)}", cause_of(error)) from None
    return signature


def _transport(endpoint: str, auth: AuthBase) -> HttpTransport:
    return HttpTransport(endpoint, auth=auth, verify=os.environ.get("REQUESTS_CA_BUNDLE", True))


def _credentials(role: str | None) -> Any:
    if role is None:
        own = boto3.Session().get_credentials()
        if own is None:
            raise Failure("There are no AWS credentials in this shell. Sign in, or add --user NAME.", "no-credentials")
        return own
    keys = boto3.client("sts").assume_role(RoleArn=role, RoleSessionName="osml-import")["Credentials"]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    return session.get_credentials()
