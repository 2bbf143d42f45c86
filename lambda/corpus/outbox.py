"""The items that wait to be sent: new ones, halves of failed batches, and those that are sent again after a pause."""

import heapq
import itertools
from collections import deque
from collections.abc import Iterable

from corpus.in_flight import Item

# After this many attempts, each document of a failed batch is sent in a separate batch.
ALONE = 3


class Outbox:
    """Gives batches of at most `most` items and `most_bytes` bytes."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self.most, self._most_bytes = most, most_bytes
        self._fresh: deque[Item] = deque()
        self._fresh_bytes = 0
        self._halves: deque[list[Item]] = deque()
        self._waiting: list[tuple[float, int, Item]] = []
        self._numbers = itertools.count()

    @property
    def fills_a_batch(self) -> bool:
        """Whether the new items are enough for a batch."""
        return len(self._fresh) >= self.most or self._fresh_bytes >= self._most_bytes

    @property
    def waiting(self) -> int:
        """The number of items that wait to be sent again."""
        return len(self._waiting)

    @property
    def due(self) -> float | None:
        """When the next item that is sent again may be sent; None without any."""
        return self._waiting[0][0] if self._waiting else None

    def add(self, items: Iterable[Item]) -> None:
        """Add new items."""
        for item in items:
            self._fresh.append(item)
            self._fresh_bytes += len(item.body)

    def halve(self, items: list[Item]) -> None:
        """Send a batch again in two halves, at once."""
        middle = len(items) // 2
        self._halves += [items[:middle], items[middle:]]

    def wait(self, item: Item, due: float) -> None:
        """Send an item again, from `due` on."""
        item.again = True
        heapq.heappush(self._waiting, (due, next(self._numbers), item))

    def next(self, now: float, *, ending: bool) -> list[Item]:
        """The next batch; empty unless it is full, has an item that is due, or `ending` is set."""
        if self._halves:
            return self._halves.popleft()
        batch: list[Item] = []
        size = 0
        while self._waiting and self._waiting[0][0] <= now and len(batch) < self.most:
            item = self._waiting[0][2]
            alone = item.suspect and item.attempts >= ALONE
            if batch and (alone or size + len(item.body) > self._most_bytes):
                return batch
            batch.append(heapq.heappop(self._waiting)[2])
            size += len(item.body)
            if alone:
                return batch
        if not (batch or ending or self.fills_a_batch):
            return []
        while self._fresh and len(batch) < self.most:
            if batch and size + len(self._fresh[0].body) > self._most_bytes:
                break
            batch.append(self._fresh.popleft())
            size += len(batch[-1].body)
            self._fresh_bytes -= len(batch[-1].body)
        return batch
