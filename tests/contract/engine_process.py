"""The engine of the contract tests: it is started, named by environment variables, and ended."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests

from sandbox.alone import alone
from sandbox.engine.line import nearest
from sandbox.search_engine import AssembledEngine


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
        _keep_states_of_models(engine)
        yield


def _keep_states_of_models(engine: AssembledEngine) -> None:
    """Turn off the job of ml-commons (MLSyncUpCron, 2.19 to 3.6) that writes the states of all models.

    It writes every ten seconds what the nodes said a moment earlier: by chance, a model that a test has just deployed
    becomes DEPLOY_FAILED. The local clouds of tests/e2e have the job.
    """
    requests.put(
        f"{engine.url}/_cluster/settings",
        json={"transient": {"plugins.ml_commons.sync_up_job_interval_in_seconds": 0}},
        cert=(str(engine.admin_cert), str(engine.admin_key)),
        verify=str(engine.ca),
        timeout=60,
    ).raise_for_status()
