"""An index whose model embeds immediately, and the operator's access to it, for tests of `osml ingest`."""

import os
from collections.abc import Iterator

import pytest
import requests

from mlcommons import HttpTransport
from osml.remote.domain import Domain
from osml.remote.stack import Knowledge
from tests.contract.index_versions import Embedder, Library
from tests.contract.kinds_engine import KindsEngine, RoleHeaders


@pytest.fixture
def library(engine_transport: HttpTransport) -> Iterator[Library]:
    with Embedder(seconds=0.0).running() as embedder:
        engine = KindsEngine(engine_transport, embedder.url)
        made = Library(engine, embedder)
        made.apply(made.index_version("aaaaaaaa", 4, 1))
        yield made
        made.leave()
        engine.clean()


@pytest.fixture
def domain(library: Library, monkeypatch: pytest.MonkeyPatch) -> Domain:
    """The domain as the command line sees it, with the role of the contract tests."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", os.environ["OSML_TEST_CA"])
    url = os.environ["OSML_TEST_ENGINE_URL"]
    session = requests.Session()
    session.auth = RoleHeaders()
    return Domain(
        Knowledge(
            endpoint=url,
            region="us-east-1",
            index=library.alias,
            search_pipeline="p",
            embedding_model_id="m",
            operator_role_arn="arn",
            text_field="text",
            embedding_field="embedding",
        ),
        session,
    )
