"""An index whose model embeds at once, and the operator's way to it: for tests of what `osml ingest` does to it."""

import os
from collections.abc import Iterator

import pytest

from mlcommons import HttpTransport
from osml import domain as domain_module
from osml.domain import Domain
from osml.stack import Knowledge
from tests.contract.generations import Embedder, Library
from tests.contract.kinds_engine import Engine, RoleHeaders


@pytest.fixture
def library(engine_transport: HttpTransport) -> Iterator[Library]:
    with Embedder(seconds=0.0).running() as embedder:
        engine = Engine(engine_transport, embedder.url)
        made = Library(engine, embedder)
        made.apply(made.generation("aaaaaaaa", 4, 1))
        yield made
        made.leave()
        engine.clean()


@pytest.fixture
def domain(library: Library, monkeypatch: pytest.MonkeyPatch) -> Domain:
    """As the command line would, with the role of the contract tests."""
    monkeypatch.setattr(domain_module, "_auth", lambda _: RoleHeaders())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", os.environ["OSML_TEST_CA"])
    url = os.environ["OSML_TEST_ENGINE_URL"]
    return Domain(Knowledge(url, "us-east-1", library.alias, "p", "m", None, None, "arn", "text", "embedding"))
