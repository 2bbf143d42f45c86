"""How long a reader waits for the first byte, the first word and the whole answer, with 1, 8 and 32 askers.

The model writes its first word after 0.3 s, and then a word every 50 ms. The API takes turns with the search behind it,
with the engine's own pipeline, whose answer arrives in one piece, and with the model itself. Takes about ten minutes.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping

import numpy as np
import requests

from benchmarks.clients import GOOD, Call, Outcomes, closed_loop
from benchmarks.deployment import QUESTION, Deployed, deployed
from benchmarks.quick_model import WritingPace
from osml.ask import question
from osml.remote.domain import Domain
from osml.remote.stack import knowledge
from trials.report import publish

PACE = WritingPace(words=30, first=0.3, each=0.05)
# Askers, and the questions that they ask together in each round.
CALLS = {1: 10, 8: 32, 32: 96}
ROUNDS = 3
COLUMNS = (
    *("askers", "the model's first word", "search", "first byte", "over the model's", "first word"),
    *("over the model's", "less both, over the search", "whole answer", "the pipeline's answer"),
)
Seen = Mapping[str, list[float]]


def main() -> None:
    """Measure and publish; exits with 1 when a call failed."""
    rows, failed = [], 0
    with deployed("sandbox", model=PACE) as stack:
        for askers, calls in CALLS.items():
            seen: dict[str, list[float]] = defaultdict(list)
            ways = {
                "search": stack.searcher,
                "model": _writer(stack, seen),
                "API": _reader(stack, seen),
                "pipeline": _pipeline(stack),
            }
            for make in ways.values():
                closed_loop(make, askers, askers * 2)
            seen.clear()
            outcomes = {name: Outcomes() for name in ways}
            for _ in range(ROUNDS):
                for name, make in ways.items():
                    outcomes[name].add(closed_loop(make, askers, calls))
            failed += sum(outcome.others.total() for outcome in outcomes.values())
            rows.append([str(askers), *_figures(outcomes, seen)])
    publish("first-word", COLUMNS, rows)
    if failed:
        raise SystemExit(f"{failed} calls failed.")


def _figures(outcomes: Mapping[str, Outcomes], seen: Seen) -> list[str]:
    search, whole, pipeline = (outcomes[name].milliseconds(0.5) for name in ("search", "API", "pipeline"))
    model, byte, word = (float(np.median(seen[name])) * 1000 for name in ("model", "byte", "word"))
    shown = [f"{model:.0f} ms", f"{search:.0f} ms", f"{byte:.0f} ms", f"{byte / model:.1f}"]
    shown += [f"{word:.0f} ms", f"{word / model:.1f}", f"{(word - model) / search:.1f}"]
    return [*shown, f"{whole:.0f} ms", f"{pipeline:.0f} ms"]


def _writer(stack: Deployed, seen: dict[str, list[float]]) -> Callable[[], Call]:
    """Clients that call the model itself, and record when its first word arrives."""

    def make() -> Call:
        session = requests.Session()
        body = {"model": "quick", "stream": True, "messages": [{"role": "user", "content": QUESTION}]}

        def call() -> str:
            began = time.perf_counter()
            with session.post(f"{stack.answer_url}/chat/completions", json=body, stream=True, timeout=120) as answer:
                for number, _ in enumerate(answer.iter_lines(None)):
                    if number == 0:
                        seen["model"].append(time.perf_counter() - began)
            return str(answer.status_code)

        return call

    return make


def _reader(stack: Deployed, seen: dict[str, list[float]]) -> Callable[[], Call]:
    """Readers of the API that record when the first byte and the first word arrive."""

    def make() -> Call:
        session = requests.Session()
        session.headers.update({"x-api-key": stack.key, "Accept": "text/event-stream"})

        def call() -> str:
            began = time.perf_counter()
            first: dict[str, float] = {}
            event = ""
            with session.post(f"{stack.url}/ask", json={"question": QUESTION}, stream=True, timeout=120) as answer:
                for line in answer.iter_lines(None):
                    first.setdefault("byte", time.perf_counter() - began)
                    event = line.decode().removeprefix("event: ") if line.startswith(b"event: ") else event
                    if event == "text":
                        first.setdefault("word", time.perf_counter() - began)
            for name, seconds in first.items():
                seen[name].append(seconds)
            return GOOD if event == "answer" and "word" in first else f"{answer.status_code} {event}"

        return call

    return make


def _pipeline(stack: Deployed) -> Callable[[], Call]:
    """Clients that ask the engine as `osml ask` does: a search, and then the pipeline's answer from its passages."""

    def make() -> Call:
        settings = knowledge(stack.place)
        domain = Domain(settings)
        return lambda: GOOD if question.ask(domain, settings, QUESTION).answer else "no answer"

    return make


if __name__ == "__main__":
    main()
