import os
import subprocess
import sys
from pathlib import Path

import pytest

from osml.deploy import node
from osml.failure import Failure
from osml.place import CHECKOUT


def install(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    executable = folder / "node"
    executable.write_text(f"#!/bin/sh\necho {version}\n")
    executable.chmod(0o755)
    return folder


@pytest.mark.parametrize("version", ["v22.11.0", "v24.19.0"])
def test_a_supported_node_of_the_machine_is_kept(tmp_path: Path, version: str) -> None:
    environment = {"PATH": str(install(tmp_path / "bin", version)), "OTHER": "1"}
    assert node.with_node(environment) == environment


@pytest.mark.parametrize("version", ["v18.20.0", "v20.20.2", "v23.0.0", "nonsense"])
def test_an_unsupported_node_is_replaced_by_the_packaged_one(tmp_path: Path, version: str) -> None:
    old, packaged = install(tmp_path / "old", version), install(tmp_path / "packaged", "v24.19.0")
    assert node.with_node({"PATH": str(old)}, lambda: packaged)["PATH"] == f"{packaged}{os.pathsep}{old}"


def test_without_any_the_sentence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"needs Node\.js 22 or 24.*make install"):
        node.with_node({"PATH": str(tmp_path)}, lambda: None)


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("version", "said"), [("v20.1.0", node.REQUIREMENTS), ("v24.1.0", ""), (None, node.REQUIREMENTS)]
)
def test_make_install_gets_the_missing_requirements(tmp_path: Path, version: str | None, said: str) -> None:
    folder = install(tmp_path / "bin", version) if version else tmp_path
    done = subprocess.run(
        [sys.executable, "-m", "osml.deploy.node"],
        env={"PATH": str(folder), "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == said
    assert (CHECKOUT / node.REQUIREMENTS).is_file()
