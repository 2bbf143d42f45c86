"""The deployed environment that external clients use, and what all of them store there."""

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from opensearchpy import OpenSearch
from requests_aws4auth import AWS4Auth

from tests.waiting import PATIENCE, until

DIMENSION = 8
TEXTS = ("The harbour opens at six.", "Bread is baked in the cellar.", "The library closes on Mondays.")
# A collection of OpenSearch Serverless shows new documents after a while.
VISIBLE_SECONDS = PATIENCE


@dataclass(frozen=True)
class Target:
    """A deployed environment: `kind` is `domain` or `collection`, `name` is its name.

    `api` and `api_key` are those of its assistant, `description` is the file that describes the API. The environment
    variables contain the keys of a role that may use the index; `admin` are those of the account's administrator,
    `model_key` is DeepSeek's.
    """

    kind: str
    name: str
    endpoint: str
    admin: tuple[str, str]
    model_key: str
    description: str
    api: str
    api_key: str

    @property
    def service(self) -> str:
        return "es" if self.kind == "domain" else "aoss"

    @property
    def auth(self) -> AWS4Auth:
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_SESSION_TOKEN")
        key, secret, region, token = (os.environ[name] for name in names)
        return AWS4Auth(key, secret, region, self.service, session_token=token)


def made_without_engine(client: OpenSearch, index: str, field: str) -> None:
    """A vector index that every type of collection accepts: those of the next generation refuse `engine`."""
    vectors = {"type": "knn_vector", "dimension": DIMENSION}
    body = {"settings": {"index": {"knn": True}}, "mappings": {"properties": {field: vectors}}}
    client.indices.create(index=index, body=body)


def vector(text: str) -> list[float]:
    """A vector of a text's letters: equal texts have equal vectors, different ones differ."""
    counts = [1.0 + sum(ord(letter) % DIMENSION == place for letter in text.lower()) for place in range(DIMENSION)]
    length = math.sqrt(sum(count * count for count in counts))
    return [count / length for count in counts]


def seen(look: Callable[[], Any]) -> Any:
    """Wait until `look` returns something that is not empty, and return it."""
    return until("what was stored", look)
