"""What external clients get: a deployed environment's addresses, keys as environment variables, and an index name.

They run in a virtual environment without this project's packages: `foreign.py` starts them.
"""

import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from opensearchpy import NotFoundError, OpenSearch, RequestsHttpConnection

from tests.clients import owned
from tests.clients.target import Target


@pytest.fixture(scope="session")
def target() -> Target:
    return Target(**json.loads(os.environ["OSML_TARGET"]))


@pytest.fixture(autouse=True)
def only_there(request: pytest.FixtureRequest, target: Target) -> None:
    """Skip a test whose mark `kind` does not name the kind of this target."""
    mark = request.node.get_closest_marker("kind")
    if mark and target.kind not in mark.args:
        pytest.skip(f"not about a {target.kind}")


@pytest.fixture(scope="session")
def client(target: Target) -> OpenSearch:
    return OpenSearch(target.endpoint, http_auth=target.auth, connection_class=RequestsHttpConnection, timeout=60)


@pytest.fixture(scope="session")
def own_domain(target: Target) -> Iterator[dict[str, Any]]:
    """A domain in addition to the environment's, made once for all tests that need it."""
    if target.kind != "domain":  # runs before the mark of a test is checked
        pytest.skip(f"not about a {target.kind}")
    yield from owned.domain(boto3.Session(*target.admin))


@pytest.fixture(scope="session")
def classic(target: Target) -> Iterator[Target]:
    """A collection of the first generation, in addition to the environment's."""
    _, _, _, _, account, assumed = boto3.client("sts").get_caller_identity()["Arn"].split(":")
    role = f"arn:aws:iam::{account}:role/{assumed.split('/')[1]}"
    for endpoint in owned.classic_collection(boto3.Session(*target.admin), role):
        yield replace(target, endpoint=endpoint)


@pytest.fixture
def index(client: OpenSearch) -> Iterator[str]:
    name = f"foreign-{uuid.uuid4().hex[:8]}"
    yield name
    try:
        client.indices.delete(index=name)
    except NotFoundError:
        return
