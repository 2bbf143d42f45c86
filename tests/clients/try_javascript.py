"""The JavaScript clients with both versions of the AWS SDK, in Node.js."""

import os
import subprocess

import pytest


@pytest.mark.parametrize("script", ["try_javascript.mjs", "try_javascript_v2.cjs"])
def test_the_javascript_clients_work(index: str, script: str) -> None:
    done = subprocess.run(
        [os.environ["OSML_NODE"], f"{os.environ['OSML_JAVASCRIPT']}/{script}"],
        # At each start, version 2 prints that it is not maintained any more.
        env={**os.environ, "OSML_INDEX": index, "AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
