"""The templates of an environment file that is not in its folder yet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from osml.failure import Failure
from osml.place import CHECKOUT, require_checkout


def templates(name: str, text: str) -> dict[str, dict[str, Any]]:
    """The app's templates by stack, without its bundled functions. Raises Failure.

    The app runs without the CDK command line, which would also bundle the functions, but with the same context.
    """
    require_checkout()
    with TemporaryDirectory() as folder:
        Path(folder, f"{name}.yaml").write_text(text, encoding="utf-8")
        flags = json.loads((CHECKOUT / "cdk.json").read_text())["context"]
        context = {**flags, "env": name, "aws:cdk:bundling-stacks": []}
        out = Path(folder, "out")
        environment = {
            **os.environ,
            "OSML_ENVIRONMENTS": folder,
            "CDK_CONTEXT_JSON": json.dumps(context),
            "CDK_OUTDIR": str(out),
        }
        done = subprocess.run(
            [sys.executable, "app.py"], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = (done.stderr.strip().splitlines() or ["no reason"])[-1]
            raise Failure(f"The templates of {name} could not be synthesized: {said}")
        files = sorted(out.glob("*.template.json"))
        return {file.name.removesuffix(".template.json"): json.loads(file.read_text()) for file in files}
