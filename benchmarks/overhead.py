"""How much time the API adds to the search call behind it: p50 and p99 with 1, 8 and 32 clients, in interleaved rounds.

No answer model is called, so nothing hides the difference. Takes about five minutes.
"""

import statistics
from collections.abc import Callable
from typing import Any

from benchmarks.clients import GOOD, Call, Outcomes, closed_loop
from benchmarks.deployment import Deployed, deployed
from trials.report import publish

# Clients, and the calls that they send together in each round.
CALLS = {1: 60, 8: 160, 32: 320}
ROUNDS = 3
COLUMNS = (
    "clients",
    "search p50",
    "API p50",
    "ratio",
    "search p99",
    "API p99",
    "ratio",
    "of the API's p50: function",
    "its search",
)


def main() -> None:
    """Measure and publish; exits with 1 when a call failed."""
    rows, failed = [], 0
    with deployed("sandbox", answers=False) as stack:
        for clients, calls in CALLS.items():
            timings: list[dict[str, int]] = []
            ways = {"search": stack.searcher, "API": _asker(stack, timings)}
            for make in ways.values():
                closed_loop(make, clients, clients * 2)
            timings.clear()
            outcomes = {name: Outcomes() for name in ways}
            for _ in range(ROUNDS):
                for name, make in ways.items():
                    outcomes[name].add(closed_loop(make, clients, calls))
            failed += sum(trial.others.total() for trial in outcomes.values())
            inside = [statistics.median(timing[name] for timing in timings) for name in ("total_ms", "search_ms")]
            rows.append(
                [
                    str(clients),
                    *_ratios(outcomes["search"], outcomes["API"]),
                    *(f"{milliseconds:.0f} ms" for milliseconds in inside),
                ]
            )
    publish("overhead", COLUMNS, rows)
    if failed:
        raise SystemExit(f"{failed} calls failed.")


def _asker(stack: Deployed, timings: list[dict[str, int]]) -> Callable[[], Call]:
    """Makes clients of the API that record the timings in each answer."""

    def make() -> Call:
        ask = stack.asker()

        def call() -> str:
            response = ask()
            if response.status_code == 200:
                answer: dict[str, Any] = response.json()
                timings.append(answer["timings"])
                return GOOD
            return str(response.status_code)

        return call

    return make


def _ratios(search: Outcomes, api: Outcomes) -> list[str]:
    figures: list[str] = []
    for share in (0.5, 0.99):
        raw, over = search.milliseconds(share), api.milliseconds(share)
        figures += [f"{raw:.0f} ms", f"{over:.0f} ms", f"{over / raw:.1f}"]
    return figures


if __name__ == "__main__":
    main()
