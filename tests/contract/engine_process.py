"""The engine of the contract tests: it is started, named by environment variables, and ended."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from sandbox.alone import alone
from sandbox.engine.line import nearest


@contextmanager
def running_engine() -> Iterator[None]:
    """Set OSML_TEST_ENGINE_URL and its companions; when they are already set, use that engine.

    The engine's line is the nearest to OSML_TEST_LINE.
    """
    if os.environ.get("OSML_TEST_ENGINE_URL"):
        yield
        return
    name = "-".join(filter(None, ["contract", os.environ.get("OSML_SANDBOX")]))
    with alone(name, nearest(os.environ.get("OSML_TEST_LINE"))) as engine, pytest.MonkeyPatch.context() as patch:
        patch.setenv("OSML_TEST_ENGINE_URL", engine.url)
        files = {
            "CA": engine.ca,
            "ADMIN_CERT": engine.admin_cert,
            "ADMIN_KEY": engine.admin_key,
            "SERVER_CERT": engine.instance.certificates.certificate("server"),
            "SERVER_KEY": engine.instance.certificates.key("server"),
        }
        for variable, path in files.items():
            patch.setenv(f"OSML_TEST_{variable}", str(path))
        yield
