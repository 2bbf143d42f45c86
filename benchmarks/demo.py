"""How long each step of `make demo` takes with everything cached. Takes ten minutes.

The steps are read from make; the local cloud is named `bench` and is stopped after each round.
"""

import os
import re
import shlex
import statistics
import subprocess
import time

from osml.place import CHECKOUT
from trials.report import publish

ROUNDS = 3
COLUMNS = ("step", "median", "spread", "share")
STEP = re.compile(r"^\S+/osml .*", re.MULTILINE)


def main() -> None:
    """Measure and publish."""
    environment = {**os.environ, "OSML_SANDBOX": "bench"}
    said = subprocess.run(["make", "-n", "demo"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    steps = STEP.findall(said)
    seconds: dict[str, list[float]] = {step: [] for step in steps}
    for number in range(1 + ROUNDS):
        try:
            for step in steps:
                begin = time.perf_counter()
                subprocess.run(shlex.split(step), cwd=CHECKOUT, env=environment, check=True)
                if number:  # the first one fills the caches
                    seconds[step].append(time.perf_counter() - begin)
        finally:
            subprocess.run([shlex.split(steps[0])[0], "sandbox", "down"], cwd=CHECKOUT, env=environment, check=True)
    rounds = [sum(steps) for steps in zip(*seconds.values(), strict=True)]
    seconds["all of it"] = rounds
    whole = statistics.median(rounds)
    publish("demo", COLUMNS, [_row(step, second, whole) for step, second in seconds.items()])


def _row(step: str, seconds: list[float], whole: float) -> list[str]:
    median = statistics.median(seconds)
    name = re.sub(r"^\S+/", "", step).partition('"')[0].strip()
    return [name, f"{median:.1f} s", f"{min(seconds):.1f}-{max(seconds):.1f}", f"{median / whole:.0%}"]


if __name__ == "__main__":
    main()
