"""The threads that send: they share two queues, and each has its own connection."""

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from corpus.destination import Destination, Outcome
from corpus.in_flight import Item

MOST_THREADS = 16


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """The answer for a batch: an outcome for each item, or the exception; `seconds` is the time that sending took."""

    batch: list[Item]
    result: list[Outcome] | Exception
    seconds: float


class Senders:
    """Sends batches in up to MOST_THREADS threads, which start when they are needed."""

    def __init__(self, connect: Callable[[], Destination]) -> None:
        self._connect = connect
        self._jobs: queue.SimpleQueue[list[Item] | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[BatchAnswer] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self.batches = 0
        self.items = 0

    @property
    def full(self) -> bool:
        """Whether another batch would wait for a thread."""
        return self.batches >= MOST_THREADS

    def give(self, batch: list[Item]) -> None:
        """Send the batch at once; if all threads are busy, the batch waits for a thread."""
        self.batches += 1
        self.items += len(batch)
        if self.batches > len(self._threads) and len(self._threads) < MOST_THREADS:
            work = (self._connect, self._jobs, self._answers)
            # A daemon, so that an interrupted program does not wait for answers.
            self._threads.append(threading.Thread(target=_work, args=work, daemon=True))
            self._threads[-1].start()
        self._jobs.put(batch)

    def take(self, seconds: float | None) -> BatchAnswer | None:
        """The next answer; None if there is none within `seconds`."""
        try:
            answer = self._answers.get(timeout=seconds)
        except queue.Empty:
            return None
        self.batches -= 1
        self.items -= len(answer.batch)
        return answer

    def close(self) -> None:
        """End idle threads; a thread that waits for an answer ends after it."""
        for _ in self._threads:
            self._jobs.put(None)


def _work(
    connect: Callable[[], Destination],
    jobs: "queue.SimpleQueue[list[Item] | None]",
    answers: "queue.SimpleQueue[BatchAnswer]",
) -> None:
    destination: Destination | None = None
    while (batch := jobs.get()) is not None:
        began = time.monotonic()
        result: list[Outcome] | Exception
        try:
            destination = destination or connect()
            result = destination.send([item.body for item in batch])
        except Exception as error:  # noqa: BLE001 - it is raised again where the load waits
            result = error
        answers.put(BatchAnswer(batch, result, time.monotonic() - began))
