"""The outcome of each of 500 questions, sent at 20 per second while some of the model calls are throttled.

Arguments name the environments, a collection and a domain unless given. Takes about two minutes for each.
"""

import sys
from collections.abc import Callable

import requests

from benchmarks.clients import GOOD, Call, Outcomes, closed_loop, open_loop
from benchmarks.deployment import Deployed, deployed
from sandbox.models.control import struck
from trials.report import publish

QUESTIONS, RATE = 500, 20.0
SHARES = (0.0, 0.2, 0.5, 1.0)
BASES = tuple(sys.argv[1:]) or ("sandbox-aoss", "sandbox")
# Each question that is being answered has its own process. With more processes, two cores leave too little for the
# engine.
CONCURRENCY = 8
CLIENTS = 64
# In seconds. With a longer limit, a question could retry for as long as the whole load takes.
TIMEOUTS = {"provisioning": 300, "answer": 5}
BUSY = ("429", "503")
COLUMNS = ("environment", "model calls throttled", "sent", "answered", *BUSY, "otherwise", "lost", "p50", "p99")


def main() -> None:
    """Measure and publish; exits with 1 when a question got neither an answer nor a clean refusal."""
    rows, bad = [], 0
    for base in BASES:
        with deployed(base, assistant={"concurrency": CONCURRENCY}, timeouts=TIMEOUTS) as stack:
            closed_loop(_asker(stack), CONCURRENCY, CONCURRENCY * 3)
            for share in SHARES:
                with struck(stack.models_url, "deepseek", throttle=share, delay_ms=100):
                    outcomes = open_loop(_asker(stack), CLIENTS, QUESTIONS, RATE)
                rows.append([base, f"{share:.0%}", *_figures(outcomes)])
                otherwise = {name: count for name, count in outcomes.others.items() if name not in BUSY}
                bad += sum(otherwise.values()) + QUESTIONS - outcomes.total()
                if otherwise:
                    print(f"{base}, {share:.0%} throttled: {otherwise}", file=sys.stderr)
    publish("load", COLUMNS, rows)
    if bad:
        raise SystemExit(f"{bad} questions were lost, or failed otherwise than cleanly.")


def _asker(stack: Deployed) -> Callable[[], Call]:
    """Makes clients that ask a question and check the response."""

    def make() -> Call:
        ask = stack.asker()

        def call() -> str:
            try:
                return outcome(ask())
            except requests.RequestException as error:
                return type(error).__name__

        return call

    return make


def outcome(response: requests.Response) -> str:
    """`200` for an answer from the documents; 429 or 503 for a refusal with a sentence and a time to try again.

    For any other response, a short description of what is wrong with it.
    """
    status = str(response.status_code)
    try:
        body = response.json()
    except ValueError:
        return f"{status} without JSON"
    if status == GOOD:
        return GOOD if body.get("answer") and body.get("grounded") else "200 without an answer"
    if status not in BUSY:
        return f"{status} {body.get('message')}"
    if not response.headers.get("Retry-After", "").isdecimal():
        return f"{status} without Retry-After"
    return status if str(body.get("message", "")).endswith(".") else f"{status} without a sentence"


def _figures(outcomes: Outcomes) -> list[str]:
    clean = [outcomes.others[status] for status in BUSY]
    counts = [
        QUESTIONS,
        len(outcomes.seconds),
        *clean,
        outcomes.others.total() - sum(clean),
        QUESTIONS - outcomes.total(),
    ]
    slow = [f"{outcomes.milliseconds(share):.0f} ms" if outcomes.seconds else "" for share in (0.5, 0.99)]
    return [*map(str, counts), *slow]


if __name__ == "__main__":
    main()
