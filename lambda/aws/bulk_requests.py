"""Connections to the search engine for functions that load documents; all share one sign-in."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import requests
from requests.auth import AuthBase

from aws.sign_in import sign_in
from calls.redaction import redacted
from calls.retry_after import asked_to_wait
from calls.tls import is_broken
from corpus.bulk import CONTENT_TYPE, LATER, PATH, Bulk, BulkResponse
from corpus.destination import Busy, Stopped
from corpus.leftovers import Ask
from corpus.load import BACKOFF
from corpus.refusal import said
from mlcommons import Patience
from mlcommons.errors import ProvisioningError

CONNECT_SECONDS = 10.0
# The engine embeds a batch before it answers; its own timeout for a model is shorter.
ANSWER_SECONDS = 180.0

# The errors of a request that got no answer, or a part of one.
NO_ANSWER = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


def connect(target: dict[str, Any], index: str, ends: float) -> Callable[[], Bulk]:
    """Return a function that connects to `index` on `target`; no request lasts beyond `ends` (monotonic clock).

    Raises Stopped if the sign-in fails.
    """
    auth = _auth(target, ends)

    def connected() -> Bulk:
        session = requests.Session()
        session.auth = auth
        return Bulk(lambda body: _send(session, target["endpoint"], body, ends), index)

    return connected


def asking(target: dict[str, Any], ends: float) -> Ask:
    """Return a function that sends POSTs to `target`, to find and remove leftovers.

    It repeats a request while the engine is busy, until `ends` (monotonic clock). Raises Stopped if the sign-in fails;
    the returned function raises Stopped if the engine refuses, or does not answer in time.
    """
    session = requests.Session()
    session.auth = _auth(target, ends)

    def ask(path: str, parameters: Mapping[str, str], body: str) -> Any:
        url, attempt = f"{target['endpoint']}{path}", 0
        while True:
            attempt += 1
            left = max(1.0, ends - time.monotonic())
            kind = CONTENT_TYPE if path.endswith("_bulk") else "application/json"
            try:
                answer = session.post(
                    url,
                    params=dict(parameters),
                    data=body.encode(),
                    headers={"content-type": kind} if body else {},
                    timeout=(min(CONNECT_SECONDS, left), min(ANSWER_SECONDS, left)),
                    allow_redirects=False,
                )
                why, busy, wait = f"{answer.status_code}", answer.status_code in LATER, asked_to_wait(answer.headers)
            except NO_ANSWER as error:
                why, busy, wait = f"no answer ({type(error).__name__})", _may_pass(error), None
            else:
                if answer.ok:
                    return answer.json()
                why = f"{why}: {redacted(said(answer.text), answer.status_code)}"
            pause = BACKOFF.pause(attempt, wait)
            if not busy or time.monotonic() + pause > ends:
                raise Stopped(f"POST {url} was answered {why}.")
            time.sleep(pause)

    return ask


def _may_pass(error: Exception) -> bool:
    """Whether the same request may get an answer: not if the certificate is not trusted."""
    return not isinstance(error, requests.exceptions.SSLError) or is_broken(error)


def _auth(target: dict[str, Any], ends: float) -> AuthBase:
    try:
        return sign_in(target, Patience(seconds=ends - time.monotonic(), propagation=0.0))
    except ProvisioningError as error:
        raise Stopped(str(error)) from None


def _send(session: requests.Session, endpoint: str, body: bytes, ends: float) -> BulkResponse:
    left = max(1.0, ends - time.monotonic())
    try:
        answer = session.post(
            f"{endpoint}{PATH}",
            data=body,
            headers={"content-type": CONTENT_TYPE},
            timeout=(min(CONNECT_SECONDS, left), min(ANSWER_SECONDS, left)),
            allow_redirects=False,
        )
    except NO_ANSWER as error:
        if not _may_pass(error):
            raise Stopped(
                f"POST {endpoint}/_bulk got no answer: {type(error).__name__}. Check the domain's name."
            ) from None
        raise Busy(f"POST {endpoint}/_bulk got no answer: {type(error).__name__}", unsure=True) from None
    return BulkResponse(
        answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content
    )
