"""500 questions at 20 a second, while a part of the model calls is throttled: what became of each question.

Arguments name the environments; a collection and a domain unless given.
"""

import sys

from rich.console import Console
from rich.table import Table

from benchmarks.clients import open_loop
from benchmarks.deployment import deployed

QUESTIONS = 500
RATE = 20.0
SHARES = (0.0, 0.5, 1.0)
BASES = tuple(sys.argv[1:]) or ("sandbox-aoss", "sandbox")
CLEAN = (429, 503)


def main() -> None:
    """Print the table; ends with 1 when a question was lost or failed otherwise than by 429 or 503."""
    table = Table("recipe", "model calls throttled", "answered", "429", "503", "other", "p50 ms", "p99 ms")
    bad = 0
    for base in BASES:
        with deployed(base) as stack:
            for share in SHARES:
                stack.fail("deepseek", throttle=share, delay_ms=100)
                found = open_loop(lambda _: stack.asker()(), QUESTIONS, RATE)
                other = found.others.total() - sum(found.others[status] for status in CLEAN)
                bad += other + QUESTIONS - len(found.seconds) - found.others.total()
                slow = [f"{found.quantile(q):.0f}" for q in (0.5, 0.99)] if found.seconds else ["-", "-"]
                counts = [str(found.others[status]) for status in CLEAN]
                table.add_row(base, f"{share:.0%}", str(len(found.seconds)), *counts, str(other), *slow)
    Console().print(table)
    if bad:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
