"""Clients that send requests, and how long each one took."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, takewhile

import numpy as np

GOOD = "200"
Call = Callable[[], str]
"""Sends a request and returns a short name for the outcome, such as a status. Only calls with `GOOD` are timed."""


@dataclass(frozen=True)
class Outcomes:
    """The seconds of each good call, and how often each other outcome occurred."""

    seconds: list[float] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)

    def note(self, outcome: str, seconds: float) -> None:
        if outcome == GOOD:
            self.seconds.append(seconds)
        else:
            self.others[outcome] += 1

    def add(self, more: "Outcomes") -> None:
        self.seconds.extend(more.seconds)
        self.others.update(more.others)

    def total(self) -> int:
        return len(self.seconds) + self.others.total()

    def milliseconds(self, share: float) -> float:
        """The quantile `share` of the good calls in milliseconds; NaN when there are none."""
        return float(np.quantile(self.seconds, share)) * 1000 if self.seconds else float("nan")


def closed_loop(make: Callable[[], Call], clients: int, calls: int) -> Outcomes:
    """Send `calls` calls in total from `clients` threads; each has its own call from `make` and sends one at a time."""
    return _all(make, clients, iter([None] * calls))


def open_loop(make: Callable[[], Call], clients: int, calls: int, rate: float) -> Outcomes:
    """`calls` calls arrive at `rate` per second, whether or not earlier calls have ended.

    At most `clients` calls run at once. The time of a call counts from its arrival, so it includes the wait for a free
    client.
    """
    begin = time.perf_counter()
    return _all(make, clients, (begin + number / rate for number in range(calls)))


@contextmanager
def meanwhile(make: Callable[[], Call], clients: int, rate: float) -> Iterator[Outcomes]:
    """Like `open_loop`, for as long as the block runs; the outcomes that it yields are complete after the block."""
    outcomes, ended, begin = Outcomes(), threading.Event(), time.perf_counter()
    arrivals = (begin + number / rate for number in takewhile(lambda _: not ended.is_set(), count()))
    asking = threading.Thread(target=lambda: outcomes.add(_all(make, clients, arrivals)))
    asking.start()
    try:
        yield outcomes
    finally:
        ended.set()
        asking.join()


def _all(make: Callable[[], Call], clients: int, arrivals: Iterator[float | None]) -> Outcomes:
    """Send a call for each of `arrivals`: a time of `perf_counter` to wait for, or None to send it at once."""
    outcomes, lock = Outcomes(), threading.Lock()

    def client() -> None:
        call = make()
        while True:
            with lock:
                try:
                    arrival = next(arrivals)
                except StopIteration:
                    return
            start = time.perf_counter() if arrival is None else arrival
            time.sleep(max(0.0, start - time.perf_counter()))
            outcome = call()
            seconds = time.perf_counter() - start
            with lock:
                outcomes.note(outcome, seconds)

    with ThreadPoolExecutor(clients) as pool:
        for ended in [pool.submit(client) for _ in range(clients)]:
            ended.result()
    return outcomes
