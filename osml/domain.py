"""Signed requests to the search domain, as the operator role of the environment."""

import os
from typing import Any

import boto3
import requests
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError
from requests_aws4auth import AWS4Auth

from osml.failure import Failure
from osml.stack import Knowledge

TIMEOUT_SECONDS = (10, 180)


class Domain:
    """One HTTP session with the domain; credentials renew themselves."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._session = requests.Session()
        self._session.auth = AWS4Auth(
            region=knowledge.region, service="es", refreshable_credentials=_operator(knowledge)
        )

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """Sends one request; `options` as for `requests`. Raises Failure when nothing answered."""
        url = f"{self._knowledge.endpoint}{path}"
        try:
            return self._session.request(
                method,
                url,
                timeout=TIMEOUT_SECONDS,
                verify=os.environ.get("REQUESTS_CA_BUNDLE", True),
                **options,
            )
        except requests.RequestException as error:
            raise Failure(f"{method} {url} got no answer: {error}") from None

    def json(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """As `request`, for JSON answers. Raises Failure with the server's reason on an error status."""
        answer = self.request(method, path, **options)
        if not answer.ok:
            raise Failure(f"{method} {path} on {self._knowledge.endpoint} answered {reason(answer)}")
        body: dict[str, Any] = answer.json()
        return body


def reason(answer: requests.Response) -> str:
    """Status and the server's own words: OpenSearch nests them in `error`, Amazon says `Message`."""
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return f"{answer.status_code}: {answer.text[:300]}"
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, dict):
        causes = error.get("root_cause") or [error]
        error = causes[0].get("reason") or body.get("Message") or body.get("message") or error
    return f"{answer.status_code}: {error}"


def _operator(knowledge: Knowledge) -> RefreshableCredentials:
    arn = knowledge.operator_role_arn
    client = boto3.client("sts", region_name=knowledge.region)

    def renew() -> dict[str, str]:
        try:
            keys = client.assume_role(RoleArn=arn, RoleSessionName="osml")["Credentials"]
        except (ClientError, BotoCoreError) as error:
            raise Failure(
                f"Assuming the operator role {arn} failed: {error}. Your identity needs sts:AssumeRole on it."
            ) from None
        return {
            "access_key": keys["AccessKeyId"],
            "secret_key": keys["SecretAccessKey"],
            "token": keys["SessionToken"],
            "expiry_time": keys["Expiration"].isoformat(),
        }

    return RefreshableCredentials.create_from_metadata(renew(), renew, "sts-assume-role")
