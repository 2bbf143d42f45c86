"""One local cloud for all tests that need the real engine; it is started once and ended at the end."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from osml.deploy.node import with_node
from osml.region import VARIABLES
from sandbox.claim import claimed
from sandbox.instance import Instance

# The same examples in each run, and none that a busy machine draws too slowly.
settings.load_profile("ci")
# A run that is told to end is interrupted, so that its fixtures end what they started.
signal.signal(signal.SIGTERM, signal.default_int_handler)
# jsii starts whatever `node` is first.
os.environ.update(with_node(os.environ))
# CDK 2.275 checks each template with an engine in WebAssembly, a third of the processor time of a synthesis. It is on
# where tests/e2e calls `cdk` itself, and off in all other deploys of the same templates.
os.environ.setdefault("CDK_VALIDATION", "false")


@pytest.fixture(autouse=True)
def region_of_the_shell() -> Iterator[None]:
    """A command makes its region that of the process; the next test has that of the shell again."""
    before = {name: os.environ.get(name) for name in VARIABLES}
    yield
    for name, value in before.items():
        if os.environ.get(name) == value:
            continue
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


@pytest.fixture(scope="session")
def local_cloud() -> Iterator[Instance]:
    """A local cloud of the tests' own, apart from the one that `make demo` starts.

    OSML_SANDBOX names it, `test` unless set. OSML_TEST_KEEP=1 leaves it running for the next run;
    `OSML_SANDBOX=test osml sandbox down` ends it. OSML_TEST_LINE names the line of OpenSearch, the newest unless set.
    """
    from sandbox import launcher
    from sandbox.progress import Lines

    instance = Instance.named(os.environ.get("OSML_SANDBOX") or "test")
    with claimed(instance):
        launcher.up(instance, Lines(print), os.environ.get("OSML_TEST_LINE"))
        yield instance
        if not os.environ.get("OSML_TEST_KEEP"):
            launcher.down(instance)
