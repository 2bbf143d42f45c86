"""MiniStack without the changes of `sandbox.cloud`: a script reports how it behaves."""

import json
import os
import subprocess
from collections.abc import Sequence
from typing import Any

import pytest

from sandbox.cache import cache_directory
from sandbox.cloud_venv import cloud_python


@pytest.fixture(scope="module")
def unwrapped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The JSON that the module's script `UNWRAPPED` prints last; the script runs in its own process and folder."""
    python = cloud_python(cache_directory(), print)
    home = tmp_path_factory.mktemp("unwrapped")
    places = dict.fromkeys(("HOME", "TMPDIR", "STATE_DIR"), str(home))
    done = subprocess.run(
        [str(python), "-c", request.module.UNWRAPPED],
        env={"PATH": os.environ["PATH"], **places, "AUTH": "true", "USE_SSL": "1"},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return facts


def still_open(gaps: Sequence[tuple[str, Any, str]]) -> Any:
    """Make a test for each gap: a fact that the script prints, MiniStack's behaviour, and the module that closes it."""

    @pytest.mark.parametrize(("fact", "gap", "module"), gaps)
    def test(unwrapped: dict[str, Any], fact: str, gap: Any, module: str) -> None:
        assert unwrapped[fact] == gap, f"MiniStack closes this itself now: remove sandbox.cloud.{module}."

    return test
