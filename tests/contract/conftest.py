"""One engine for all contract tests that need one; environment variables name it.

When OSML_TEST_ENGINE_URL and its companions are set, the tests use that engine instead.
"""

from collections.abc import Iterator

import pytest

from corpus.recognition import Recognize
from osml.ingest.recognition import installed
from tests.contract.engine_process import running_engine
from tests.contract.front_engine import EngineAddress, engine_address


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "engine: asks the engine, and so may fail on one line alone")
    # Collections have no version: users' collections are always on the newest line.
    config.addinivalue_line("markers", "collection: of OpenSearch Serverless, which has no line")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "contract_engine" in getattr(item, "fixturenames", ()):
            item.add_marker("engine")


@pytest.fixture(scope="session")
def recognition() -> Recognize:
    """The text recognition of this machine."""
    return installed() or pytest.fail(
        "This test reads scans, and text recognition is not installed. Run `make ocr`; it takes 200 MB.", pytrace=False
    )


@pytest.fixture(scope="session")
def contract_engine() -> Iterator[EngineAddress]:
    with running_engine():
        yield engine_address()
