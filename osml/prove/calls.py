"""Calls of the assistant's API, as a program makes them: an answer in one piece, and one in events."""

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import requests

from calls.count_of import count_of
from osml.failure import Failure
from osml.prove.trial import QUESTION, Trial
from osml.remote.stack import assistant

SECONDS = 60
# Seconds between the first words and the end of a streamed answer, at least. Parts of an answer that was collected on
# the way arrive within a few milliseconds.
APART = 0.05


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
    return f"grounded: {body['grounded']}, {count_of(len(body['sources']), 'source')}, {body['timings']['total_ms']} ms"


def stream(trial: Trial, key: str) -> str:
    """Ask for events, and return a sentence about their times.

    Raises Failure without an answer, and if its first words came with its end: then something on the way has collected
    the stream.
    """
    begun, arrivals = time.monotonic(), list[_Arrival]()
    with _post(trial, key, "text/event-stream", stream=True) as answer:
        if answer.status_code != requests.codes.ok:
            raise Failure(f"POST /ask for events answered {answer.status_code}: {answer.text}")
        try:
            for piece, names in enumerate(_names(answer.iter_content(chunk_size=None))):
                arrivals += [_Arrival(name, piece, time.monotonic() - begun) for name in names]
        except requests.RequestException as error:
            raise Failure(f"The stream broke off: {error}") from None
    names = [arrival.name for arrival in arrivals]
    if not names or names[-1] != "answer" or "text" not in names:
        raise Failure(f"The stream had the events {', '.join(names) or 'none'}; it has to end with text and an answer")
    first, words, last = arrivals[0], arrivals[names.index("text")], arrivals[-1]
    # The models of a local cloud finish within milliseconds.
    apart = 0.0 if trial.place.instance else APART
    if words.piece == last.piece or last.seconds - words.seconds < apart:
        raise Failure(
            f"The answer was not streamed: its first words came after {words.seconds:.2f} s, and its end after "
            f"{last.seconds:.2f} s"
        )
    return (
        f"{count_of(len(arrivals), 'event')}, the first after {first.seconds:.2f} s, the first words after "
        f"{words.seconds:.2f} s, the last after {last.seconds:.2f} s: {', '.join(sorted(set(names)))}"
    )


@dataclass(frozen=True)
class _Arrival:
    """An event: its name, the piece of the response in which it ended, and when."""

    name: str
    piece: int
    seconds: float


def _names(pieces: Iterable[bytes]) -> Iterator[list[str]]:
    """The names of the events that end in each piece."""
    rest = b""
    for piece in pieces:
        *events, rest = (rest + piece).split(b"\n\n")
        yield [event.split(b"\n")[0].removeprefix(b"event: ").decode() for event in events if event[:1] != b":"]


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
