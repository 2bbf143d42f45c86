"""What the API adds to the search call behind it: p50 and p99, at 1, 8 and 32 clients, in interleaved rounds."""

from collections import Counter

from rich.console import Console
from rich.table import Table

from benchmarks.clients import Latencies, closed_loop
from benchmarks.deployment import deployed

# Clients, and the calls that they send together in each round.
CALLS = {1: 100, 8: 300, 32: 600}
ROUNDS = 3


def main() -> None:
    """Print the table."""
    table = Table("clients", "search p50", "API p50", "ratio", "search p99", "API p99", "ratio", "failed")
    with deployed("sandbox", answers=False) as stack:
        for clients, calls in CALLS.items():
            ways = {"search": stack.searcher, "API": stack.asker}
            for make in ways.values():
                closed_loop(make, clients, clients * 2)
            found: dict[str, Latencies] = {name: Latencies([], Counter()) for name in ways}
            for _ in range(ROUNDS):
                for name, make in ways.items():
                    one = closed_loop(make, clients, calls)
                    found[name].seconds.extend(one.seconds)
                    found[name].others.update(one.others)
            table.add_row(str(clients), *_figures(found["search"], found["API"]))
    Console().print(table)
    Console().print(f"Milliseconds, over {ROUNDS} interleaved rounds; no answer model is called.")


def _figures(search: Latencies, api: Latencies) -> list[str]:
    figures: list[str] = []
    for share in (0.5, 0.99):
        raw, over = search.quantile(share), api.quantile(share)
        figures += [f"{raw:.0f}", f"{over:.0f}", f"{over / raw:.2f}"]
    return [*figures, str(search.others.total() + api.others.total())]


if __name__ == "__main__":
    main()
