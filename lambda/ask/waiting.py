"""Regular signals while a generator is silent."""

import contextvars
import queue
import threading
import time
from collections.abc import Generator, Iterator
from typing import TypeVar

from rag.failures import TimedOut

T = TypeVar("T")


def waiting(source: Iterator[T], every: float, seconds: float) -> Generator[T | None, None, None]:
    """The items of `source`, and None after each `every` seconds without an item.

    `source` runs in its own thread. Raises its errors, and `TimedOut` when it takes longer than `seconds` in total.
    Closing this early ends `source` at its next item, because a thread cannot be interrupted within a call.
    """
    until = time.monotonic() + seconds
    heard: queue.SimpleQueue[tuple[T] | Exception | None] = queue.SimpleQueue()
    unwanted = threading.Event()

    def listen() -> None:
        try:
            for item in source:
                if unwanted.is_set():
                    break
                heard.put((item,))
            heard.put(None)
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            heard.put(error)
        finally:
            close = getattr(source, "close", None)
            if close:
                close()

    threading.Thread(target=contextvars.copy_context().run, args=(listen,), daemon=True).start()
    try:
        while True:
            left = until - time.monotonic()
            if left <= 0:
                raise TimedOut(f"There was no answer within {seconds:.0f} seconds. Ask again, or ask for less at once.")
            try:
                item = heard.get(timeout=min(every, left))
            except queue.Empty:
                if left > every:
                    yield None
                continue
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield item[0]
    finally:
        unwanted.set()
