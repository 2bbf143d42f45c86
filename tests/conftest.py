"""One local cloud for all tests that need the real engine; it is started once and stopped at the end."""

import os
import signal
from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import settings
from hypothesis.internal.conjecture import providers

from osml.deploy.node import with_node
from osml.region import VARIABLES
from sandbox.claim import claimed
from sandbox.instance import Instance

# The same examples in each run, without a deadline that a busy machine would miss.
settings.load_profile("ci")
# Since 6.131, Hypothesis also draws literals of the product's modules that happen to be loaded: another selection of
# tests, or a change of any module, would change the examples. https://github.com/HypothesisWorks/hypothesis/pull/4356
if os.environ.get("OSML_PROPERTIES") != "deep":
    providers.is_local_module_file = cache(lambda _: False)  # type: ignore[attr-defined]
# SIGTERM interrupts the run, so its fixtures clean up.
signal.signal(signal.SIGTERM, signal.default_int_handler)
# A shell ignores SIGINT in what it starts with `&`, and the processes of tests would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
# jsii starts the first `node` of the PATH.
os.environ.update(with_node(os.environ))
# CDK 2.275 checks each template with an engine in WebAssembly, which takes a third of a synthesis's processor time. It
# is on where tests/e2e calls `cdk` itself, and off in all other deploys of the same templates.
os.environ.setdefault("CDK_VALIDATION", "false")


@pytest.fixture(autouse=True)
def region_of_the_shell() -> Iterator[None]:
    """Restore the region of the shell: a command sets its own region for the whole process."""
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
    """A local cloud of the tests, separate from the one that `make demo` starts.

    OSML_SANDBOX is its name, by default `test`. OSML_TEST_KEEP=1 leaves it running for the next run; `OSML_SANDBOX=test
    osml sandbox down` stops it. OSML_TEST_LINE is the line of OpenSearch, by default the newest.
    """
    from sandbox import launcher
    from sandbox.progress import Lines

    instance = Instance.named(os.environ.get("OSML_SANDBOX") or "test")
    with claimed(instance):
        launcher.up(instance, Lines(print), os.environ.get("OSML_TEST_LINE"))
        yield instance
        if not os.environ.get("OSML_TEST_KEEP"):
            launcher.down(instance)
