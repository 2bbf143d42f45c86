"""Requests to the search engine, as the operator role of the environment."""

import contextlib
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

from aws.secret_object import region_of, stored_object, text_under
from calls.redaction import redacted
from calls.retry_after import asked_to_wait
from calls.starting import EMBEDDING, starting
from calls.tls import is_broken
from corpus.bulk import LATER
from corpus.load import BACKOFF
from corpus.refusal import said
from mlcommons.recognition import recognized
from osml.cause import Cause
from osml.failure import Failure
from osml.remote.operator import credentials
from osml.remote.stack import Knowledge, StackLogin
from rag.caller import OPERATOR, Caller

TIMEOUT_SECONDS = (10, 180)
ATTEMPTS = 4


class Disconnected(Failure):
    """The connection failed or broke, so that the request may or may not have arrived. A retry may succeed."""


class Domain:
    """One HTTP session with the domain: a given one, or one of the operator role that renews its credentials.

    `in_use` maps an alias to the index that it last named, `models` an index to its embedding model. Searches find
    only what the `caller` may see.
    """

    caller: Caller = OPERATOR

    def __init__(
        self, knowledge: Knowledge, session: requests.Session | None = None, caller: Caller = OPERATOR
    ) -> None:
        self.caller = caller
        self.in_use: dict[str, str] = {}
        self.models: dict[str, str] = {}
        self._knowledge = knowledge
        self._session = session or _operator_session(knowledge)

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        """Sends one request; `options` are those of `requests`.

        Raises Failure (often Disconnected) without an answer.
        """
        url = f"{self._knowledge.endpoint}{path}"
        try:
            return self._session.request(
                method,
                url,
                verify=os.environ.get("REQUESTS_CA_BUNDLE", True),
                **{"timeout": TIMEOUT_SECONDS, **options},
            )
        # OSError, because requests raises it if the certificate authority's file is gone, as after the end of a local
        # cloud. All its own errors are OSErrors too.
        except OSError as error:
            kind = Disconnected if _broken(error) else Failure
            cause = recognized(str(error)) or "engine-unreachable"
            raise kind(f"{method} {url} got no answer: {error}", cause) from None

    def json(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Like `request`, for JSON answers. Raises Failure with the server's reason on an error status."""
        return self._body(self.request(method, path, **options), method, path)

    def patiently(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """Like `json`, with up to ATTEMPTS tries while the domain is busy or unreachable, and two after a status 500.

        Only for requests that may be repeated. A hybrid search of one shard on 2.19 ends with a status 500 now and then
        (docs/engine-bugs.md).
        """
        for attempt in range(1, ATTEMPTS):
            answer: requests.Response | None = None
            with contextlib.suppress(Disconnected):
                answer = self.request(method, path, **options)
                # Not after a 504: the proxy in front of the domain has already waited for its full time.
                slipped = answer.status_code == requests.codes.server_error and attempt == 1
                if answer.status_code not in LATER - {504} and not slipped:
                    return self._body(answer, method, path)
            time.sleep(BACKOFF.pause(attempt, asked_to_wait(answer.headers) if answer is not None else None))
        return self.json(method, path, **options)

    def send(self, method: str, path: str, body: Any) -> dict[str, Any]:
        """`json` with a body, in the form that the modules of rag use."""
        return self.json(method, path, json=body)

    def patient(self, method: str, path: str, body: Any) -> dict[str, Any]:
        """`patiently` with a body, in the form that the modules of rag use."""
        return self.patiently(method, path, json=body)

    def _body(self, answer: requests.Response, method: str, path: str) -> dict[str, Any]:
        if not answer.ok:
            why = reason(answer)
            cause = _cause(answer, why)
            if cause == "model-starting":
                # A caller of the pipeline that answers replaces this Failure with one about the answer model.
                raise Failure(starting(EMBEDDING, self._knowledge.embedding_start_seconds), cause)
            raise Failure(f"{method} {path} on {self._knowledge.endpoint} answered {why}", cause)
        with legible(f"{method} {path} on {self._knowledge.endpoint}"):
            body: Any = answer.json()
            if not isinstance(body, dict):
                raise TypeError
        return body


@contextlib.contextmanager
def legible(tried: str) -> Iterator[None]:
    """Turns errors from answers of an unexpected form into a Failure."""
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise Failure(
            f"{tried} got an answer that is not OpenSearch's ({type(error).__name__}). "
            "Check whether another server has this address."
        ) from error


def _broken(error: OSError) -> bool:
    kinds = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError)
    untrusted = isinstance(error, requests.exceptions.SSLError) and not is_broken(error)
    return isinstance(error, kinds) and not untrusted


def _cause(answer: requests.Response, why: str) -> Cause | None:
    late: Cause | None = "endpoint-too-slow" if answer.status_code == requests.codes.gateway_timeout else None
    return late or recognized(why)


def reason(answer: requests.Response) -> str:
    """Status and the server's own words, without keys."""
    return f"{answer.status_code}: {redacted(said(answer.text), answer.status_code)}"


def _operator_session(knowledge: Knowledge) -> requests.Session:
    session = requests.Session()
    session.auth = signature(knowledge)
    return session


def signature(knowledge: Knowledge) -> AuthBase:
    """The authentication of requests: the operator's signature, or the login of a self-managed engine."""
    operator = credentials(knowledge.operator_role_arn, knowledge.region)
    if knowledge.login is None:
        signed: AuthBase = AWS4Auth(region=knowledge.region, service="es", refreshable_credentials=operator)
        return signed
    return _basic(knowledge.login, operator)


def _basic(login: StackLogin, operator: RefreshableCredentials) -> HTTPBasicAuth:
    """Name and password from the secret, which the operator role may read."""
    keys = operator.get_frozen_credentials()
    region = region_of(login.secret_arn)
    session = boto3.Session(keys.access_key, keys.secret_key, keys.token, region_name=region)
    try:
        value = stored_object(session.client("secretsmanager"), login.secret_arn)
    except (ClientError, BotoCoreError) as error:
        tried = f"Reading the login in the secret {login.secret_arn}"
        raise Failure(f"{tried} failed: {error}", recognized(str(error))) from None
    username, password = (text_under(key, value) for key in (login.username_key, login.password_key))
    if username is None or password is None:
        raise Failure(
            f"The secret {login.secret_arn} must hold a JSON object with strings under {login.username_key} and "
            f"{login.password_key}.",
            "secret-key-missing",
        )
    # Bytes, because requests would encode text as latin-1.
    return HTTPBasicAuth(username.encode(), password.encode())
