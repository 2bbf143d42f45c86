"""How long the largest environment takes to synthesize, compared with a bare CDK app with the same resources.

Both run in turns in their own processes, as the CDK CLI runs them; functions are not bundled. The argument is the
number of turns, five unless given. Takes two minutes.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from osml.place import CHECKOUT
from trials.report import publish

ENVIRONMENT = "prod"
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
COLUMNS = ("app", "stacks", "resources", "median", "spread", "over bare")


def main() -> None:
    """Measure and publish; exits with 1 when the two do not have the same resources."""
    with tempfile.TemporaryDirectory() as scratch:
        folders = {name: Path(scratch) / name for name in ("osml", "bare")}
        source = CHECKOUT / "lambda" / "provisioner"
        apps = {
            "osml": [sys.executable, "app.py"],
            "bare": [sys.executable, "-m", "benchmarks.bare_app", str(folders["osml"]), str(source)],
        }
        seconds: dict[str, list[float]] = {name: [] for name in apps}
        for number in range(1 + ROUNDS):
            for name, command in apps.items():
                took = _synthesized(command, folders[name])
                if number:  # the first one warms the machine's caches
                    seconds[name].append(took)
        counts = {name: _counts(folder) for name, folder in folders.items()}
        if counts["osml"] != counts["bare"]:
            raise SystemExit(
                f"The bare app differs by {counts['osml'] - counts['bare']}{counts['bare'] - counts['osml']}."
            )
        bare = statistics.median(seconds["bare"])
        rows = [
            [
                name,
                str(len(list(folders[name].glob("*.template.json")))),
                str(counts[name].total()),
                f"{statistics.median(second):.1f} s",
                f"{min(second):.1f}-{max(second):.1f}",
                f"{statistics.median(second) / bare:.2f}",
            ]
            for name, second in seconds.items()
        ]
    publish("synth", COLUMNS, rows)


def _synthesized(command: list[str], folder: Path) -> float:
    flags = json.loads((CHECKOUT / "cdk.json").read_text())["context"]
    context = {**flags, "env": ENVIRONMENT, "aws:cdk:bundling-stacks": []}
    environment = {**os.environ, "CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": json.dumps(context)}
    begin = time.perf_counter()
    done = subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)
    took = time.perf_counter() - begin
    if done.returncode or not list(folder.glob("*.template.json")):
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")
    return took


def _counts(folder: Path) -> Counter[str]:
    templates = [json.loads(file.read_text()) for file in folder.glob("*.template.json")]
    return Counter(resource["Type"] for template in templates for resource in template["Resources"].values())


if __name__ == "__main__":
    main()
