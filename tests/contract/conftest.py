"""One engine for all contract tests, started for them and named by variables that the fixtures read.

With OSML_TEST_ENGINE_URL and its companions set, that engine is used instead.
"""

from collections.abc import Iterator

import pytest

from tests.contract.engine_process import running_engine


@pytest.fixture(scope="session", autouse=True)
def contract_engine() -> Iterator[None]:
    with running_engine():
        yield
