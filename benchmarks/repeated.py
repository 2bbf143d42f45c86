"""How long a repeated question takes with `assistant.cache`, compared with a question that nobody has asked before.

The model writes its first word after 0.3 s, and then a word every 50 ms. Takes about four minutes.
"""

from collections import defaultdict
from collections.abc import Callable
from itertools import count

import numpy as np
import requests

from benchmarks.clients import GOOD, Call, Outcomes, closed_loop
from benchmarks.deployment import QUESTION, Deployed, deployed
from benchmarks.quick_model import WritingPace
from trials.report import publish

PACE = WritingPace(words=30, first=0.3, each=0.05)
CALLS = {1: 10, 8: 32}
ROUNDS = 3
COLUMNS = ("askers", "asked first", "asked again", "ratio", "its search", "given again")


def main() -> None:
    """Measure and publish; exits with 1 when a call failed, or when an answer was or was not cached unexpectedly."""
    rows, failed, numbers = [], 0, count()
    with deployed("sandbox", model=PACE, assistant={"cache": {}}) as stack:
        for askers, calls in CALLS.items():
            timings: dict[str, list[int]] = defaultdict(list)
            # With the number in front, each question is different, but finds the same passages.
            ways = {
                "first": _asker(stack, lambda: f"{next(numbers)}: {QUESTION}", timings["first"], cached=False),
                "again": _asker(stack, lambda: QUESTION, timings["again"], cached=True),
            }
            stack.asker()()
            outcomes = {name: Outcomes() for name in ways}
            for _ in range(ROUNDS):
                for name, make in ways.items():
                    outcomes[name].add(closed_loop(make, askers, calls))
            failed += sum(outcome.others.total() for outcome in outcomes.values())
            first, again = (outcomes[name].milliseconds(0.5) for name in ways)
            share = len(outcomes["again"].seconds) / outcomes["again"].total()
            search = float(np.median(timings["again"]))
            figures = [f"{first:.0f} ms", f"{again:.0f} ms", f"{again / first:.2f}", f"{search:.0f} ms", f"{share:.0%}"]
            rows.append([str(askers), *figures])
    publish("repeated", COLUMNS, rows)
    if failed:
        raise SystemExit(f"{failed} calls failed, or were answered from the wrong place.")


def _asker(stack: Deployed, question: Callable[[], str], searches: list[int], *, cached: bool) -> Callable[[], Call]:
    """Clients of the API; an answer is good if it was `cached` as expected. The times of searches go to `searches`."""

    def make() -> Call:
        session = requests.Session()
        session.headers["x-api-key"] = stack.key

        def call() -> str:
            response = session.post(f"{stack.url}/ask", json={"question": question()}, timeout=120)
            if response.status_code != 200:
                return str(response.status_code)
            answer = response.json()
            searches.append(answer["timings"]["search_ms"])
            return GOOD if answer["cached"] == cached else f"cached: {answer['cached']}"

        return call

    return make


if __name__ == "__main__":
    main()
