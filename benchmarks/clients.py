"""Clients that send requests, and how long each one took."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

Call = Callable[[], int]


@dataclass(frozen=True)
class Latencies:
    """Seconds of each call that ended with status 200, and how often each other status came."""

    seconds: list[float]
    others: Counter[int]

    def quantile(self, share: float) -> float:
        """In milliseconds."""
        return float(np.quantile(self.seconds, share)) * 1000


def closed_loop(make: Callable[[], Call], clients: int, calls: int) -> Latencies:
    """`clients` threads, each with a call of its own from `make`, send `calls` in all, one after another each."""
    left = threading.Semaphore(calls)
    seconds: list[float] = []
    others: Counter[int] = Counter()

    def client() -> None:
        call = make()
        while left.acquire(blocking=False):
            start = time.perf_counter()
            status = call()
            if status == 200:
                seconds.append(time.perf_counter() - start)
            else:
                others[status] += 1

    with ThreadPoolExecutor(clients) as pool:
        for ended in [pool.submit(client) for _ in range(clients)]:
            ended.result()
    return Latencies(seconds, others)


def open_loop(call: Callable[[int], int], calls: int, rate: float) -> Latencies:
    """`calls` calls, started `rate` a second whether or not earlier ones have ended; `call` is given its number."""
    seconds: list[float] = []
    others: Counter[int] = Counter()

    def one(number: int) -> None:
        start = time.perf_counter()
        status = call(number)
        if status == 200:
            seconds.append(time.perf_counter() - start)
        else:
            others[status] += 1

    begin = time.perf_counter()
    with ThreadPoolExecutor(calls) as pool:
        sent = []
        for number in range(calls):
            time.sleep(max(0.0, begin + number / rate - time.perf_counter()))
            sent.append(pool.submit(one, number))
        for ended in sent:
            ended.result()
    return Latencies(seconds, others)
