"""Connections to the search engine: one for each sending thread, all with the same sign-in."""

import time
from collections.abc import Callable
from typing import Any

import requests

from aws.sign_in import sign_in
from corpus.bulk import CONTENT_TYPE, PATH, Bulk, BulkResponse
from corpus.destination import Busy, Stopped
from mlcommons import Patience
from mlcommons.errors import ProvisioningError

CONNECT_SECONDS = 10.0
# The engine embeds a batch before it answers; its own timeout for a model is shorter.
ANSWER_SECONDS = 180.0


def connect(target: dict[str, Any], index: str, ends: float) -> Callable[[], Bulk]:
    """A function that connects to `index` on `target`; no request lasts beyond `ends` on the monotonic clock.

    Raises Stopped when the sign-in fails.
    """
    try:
        auth = sign_in(target, Patience(seconds=ends - time.monotonic(), propagation=0.0))
    except ProvisioningError as error:
        raise Stopped(str(error)) from None

    def connected() -> Bulk:
        session = requests.Session()
        session.auth = auth
        return Bulk(lambda body: _send(session, target["endpoint"], body, ends), index)

    return connected


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
    except requests.exceptions.SSLError as error:
        raise Stopped(
            f"POST {endpoint}/_bulk got no answer: {type(error).__name__}. Check the domain's name."
        ) from None
    except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
        raise Busy(f"POST {endpoint}/_bulk got no answer: {type(error).__name__}", unsure=True) from None
    return BulkResponse(
        answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content
    )
