"""One local cloud for all tests that need the real engine; it is started once and ended at the end."""

import os
from collections.abc import Iterator

import pytest

from sandbox.instance import Instance


@pytest.fixture(scope="session")
def local_cloud() -> Iterator[Instance]:
    """A local cloud of the tests' own, apart from the one that `make demo` starts.

    OSML_SANDBOX names it, `test` unless set. OSML_TEST_KEEP=1 leaves it running for the next run;
    `OSML_SANDBOX=test osml sandbox down` ends it.
    """
    from sandbox import launcher

    instance = Instance.named(os.environ.get("OSML_SANDBOX") or "test")
    launcher.up(instance, print)
    yield instance
    if not os.environ.get("OSML_TEST_KEEP"):
        launcher.down(instance)
