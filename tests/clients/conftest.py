"""What foreign clients are given: a deployed environment's addresses, the keys in the shell, and a name for an index.

They run in a virtual environment without this project's packages: `foreign.py` starts them.
"""

import json
import os
import uuid
from collections.abc import Iterator

import pytest
from opensearchpy import NotFoundError, OpenSearch, RequestsHttpConnection

from tests.clients.target import Target


@pytest.fixture(scope="session")
def target() -> Target:
    return Target(**json.loads(os.environ["OSML_TARGET"]))


@pytest.fixture(autouse=True)
def only_there(request: pytest.FixtureRequest, target: Target) -> None:
    """The mark `kind` says which kind of target a test is about."""
    mark = request.node.get_closest_marker("kind")
    if mark and target.kind not in mark.args:
        pytest.skip(f"not about a {target.kind}")


@pytest.fixture(scope="session")
def client(target: Target) -> OpenSearch:
    return OpenSearch(target.endpoint, http_auth=target.auth, connection_class=RequestsHttpConnection, timeout=60)


@pytest.fixture
def index(client: OpenSearch) -> Iterator[str]:
    name = f"foreign-{uuid.uuid4().hex[:8]}"
    yield name
    try:
        client.indices.delete(index=name)
    except NotFoundError:
        return
