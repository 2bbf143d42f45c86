"""Requests to the search engine, as the operator role of the environment."""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from typing import Any

import boto3
import requests
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError
from requests.auth import AuthBase, HTTPBasicAuth
from requests_aws4auth import AWS4Auth

from corpus.refusal import said
from mlcommons.translation import redacted
from osml.failure import Failure
from osml.operator import credentials
from osml.repetition import PASSING, asked, pause
from osml.stack import Knowledge, Login

TIMEOUT_SECONDS = (10, 180)
ATTEMPTS = 4


class Disconnected(Failure):
    """There was no connection, or it broke: nobody knows whether the request arrived. A later one may."""


class Domain:
    """One HTTP session with the domain; credentials renew themselves.

    `in_use` holds the index that an alias named when it was asked for last, `models` what embeds for an index.
    """

    def __init__(self, knowledge: Knowledge) -> None:
        self.in_use: dict[str, str] = {}
        self.models: dict[str, str] = {}
        self._knowledge = knowledge
        self._session = requests.Session()
        self._session.auth = _auth(knowledge)

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """Sends one request; `options` as for `requests`. Raises Failure, often Disconnected, without an answer."""
        url = f"{self._knowledge.endpoint}{path}"
        try:
            return self._session.request(
                method,
                url,
                verify=os.environ.get("REQUESTS_CA_BUNDLE", True),
                **{"timeout": TIMEOUT_SECONDS, **options},
            )
        except requests.RequestException as error:
            kind = Disconnected if _broken(error) else Failure
            raise kind(f"{method} {url} got no answer: {error}") from None

    def json(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """As `request`, for JSON answers. Raises Failure with the server's reason on an error status."""
        return self._body(self.request(method, path, **options), method, path)

    def patiently(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """As `json`, up to ATTEMPTS times while the domain is too busy or away; for what may be asked twice."""
        for attempt in range(1, ATTEMPTS):
            answer: requests.Response | None = None
            with contextlib.suppress(Disconnected):
                answer = self.request(method, path, **options)
                # 504: what answers in front of the domain has waited its whole time already.
                if answer.status_code not in PASSING - {504}:
                    return self._body(answer, method, path)
            time.sleep(pause(attempt, asked(answer)))
        return self.json(method, path, **options)

    def _body(self, answer: requests.Response, method: str, path: str) -> dict[str, Any]:
        if not answer.ok:
            raise Failure(f"{method} {path} on {self._knowledge.endpoint} answered {reason(answer)}")
        with legible(f"{method} {path} on {self._knowledge.endpoint}"):
            body: Any = answer.json()
            if not isinstance(body, dict):
                raise TypeError
        return body


@contextlib.contextmanager
def legible(tried: str) -> Iterator[None]:
    """Turns what stumbles over an answer of a shape that OpenSearch does not give into a Failure."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise Failure(
            f"{tried} was answered in a shape that OpenSearch does not give ({type(error).__name__}): "
            "does something else stand at this address?"
        ) from error


def _broken(error: requests.RequestException) -> bool:
    kinds = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)
    return isinstance(error, kinds) and not isinstance(error, requests.exceptions.SSLError)


def reason(answer: requests.Response) -> str:
    """Status and the server's own words, no key in them."""
    return f"{answer.status_code}: {redacted(said(answer.text), answer.status_code)}"


def _auth(knowledge: Knowledge) -> AuthBase:
    operator = credentials(knowledge.operator_role_arn, knowledge.region)
    if knowledge.login is None:
        signed: AuthBase = AWS4Auth(region=knowledge.region, service="es", refreshable_credentials=operator)
        return signed
    return _basic(knowledge.login, operator)


def _basic(login: Login, operator: RefreshableCredentials) -> HTTPBasicAuth:
    """Name and password out of the secret, which the operator role may read."""
    keys = operator.get_frozen_credentials()
    session = boto3.Session(keys.access_key, keys.secret_key, keys.token, region_name=login.secret_arn.split(":")[3])
    try:
        text = session.client("secretsmanager").get_secret_value(SecretId=login.secret_arn)["SecretString"]
    except (ClientError, BotoCoreError) as error:
        raise Failure(f"Reading the login in the secret {login.secret_arn} failed: {error}") from None
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = None
    found = value if isinstance(value, dict) else {}
    parts = [found.get(key) for key in (login.username_key, login.password_key)]
    if not all(isinstance(part, str) and part for part in parts):
        raise Failure(
            f"The secret {login.secret_arn} must hold a JSON object with texts under {login.username_key} and "
            f"{login.password_key}."
        )
    # Bytes: requests would encode text as latin-1.
    username, password = (str(part).encode() for part in parts)
    return HTTPBasicAuth(username, password)
