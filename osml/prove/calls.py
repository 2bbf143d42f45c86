"""Calls of the assistant's API, as a program makes them: an answer in one piece, and one in events."""

import os
import time
from typing import Any

import boto3
import requests

from osml.failure import Failure
from osml.prove.trial import QUESTION, Trial
from osml.remote.stack import assistant

SECONDS = 60


def key_of(trial: Trial) -> str:
    """The API key of the environment. Raises Failure and ClientError."""
    client: Any = boto3.client("apigateway")
    return str(client.get_api_key(apiKey=assistant(trial.place).api_key_id, includeValue=True)["value"])


def ask(trial: Trial, key: str) -> str:
    """Ask, and return a sentence about the answer. Raises Failure without an answer and sources."""
    answer = _post(trial, key, "application/json")
    if answer.status_code != requests.codes.ok:
        raise Failure(f"POST /ask answered {answer.status_code}: {answer.text}")
    body = answer.json()
    if not body.get("sources") or not body.get("answer"):
        raise Failure(f"POST /ask returned no source or no text: {answer.text}")
    return f"grounded: {body['grounded']}, {len(body['sources'])} sources, {body['timings']['total_ms']} ms"


def stream(trial: Trial, key: str) -> str:
    """Ask for events, and return a sentence about their times. Raises Failure if no event came, or an error."""
    begun, arrived = time.monotonic(), []
    with _post(trial, key, "text/event-stream", stream=True) as answer:
        if answer.status_code != requests.codes.ok:
            raise Failure(f"POST /ask for events answered {answer.status_code}: {answer.text}")
        for line in answer.iter_lines(decode_unicode=True):
            if line.startswith("event: "):
                arrived.append((line.removeprefix("event: "), time.monotonic() - begun))
    names = [name for name, _ in arrived]
    if not arrived or "error" in names:
        raise Failure(f"The stream had the events {names or 'none'}")
    first, last = arrived[0][1], arrived[-1][1]
    kinds = ", ".join(sorted(set(names)))
    return f"{len(arrived)} events, the first after {first:.2f} s, the last after {last:.2f} s: {kinds}"


def _post(trial: Trial, key: str, accept: str, **options: Any) -> requests.Response:
    url = assistant(trial.place).url
    try:
        return requests.post(
            f"{url}/ask",
            json={"question": QUESTION},
            headers={"x-api-key": key, "Accept": accept},
            timeout=SECONDS,
            verify=os.environ.get("REQUESTS_CA_BUNDLE", True),
            **options,
        )
    except requests.RequestException as error:
        raise Failure(f"POST /ask got no answer: {error}") from None
