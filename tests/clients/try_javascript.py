"""The JavaScript clients, which Node.js runs."""

import os
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).with_suffix(".mjs")


def test_the_javascript_clients_work(index: str) -> None:
    done = subprocess.run(
        [os.environ["OSML_NODE"], os.environ["OSML_JAVASCRIPT"] + "/" + SCRIPT.name],
        env={**os.environ, "OSML_INDEX": index},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
