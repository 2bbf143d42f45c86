"""What is to be stored, entry after entry: a file as every way in reads it, as far as the time goes."""

import io
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from corpus.apart import Limits
from corpus.document import Document, Entry, Unreadable
from corpus.formats import Reading
from corpus.source import read
from rag.budget import Budget
from rag.document_models import DocumentResult, FileIn
from rag.documents import failed, put
from rag.parts import Parts

# The limit of the function's memory for reading, in bytes.
MOST_MEMORY = 512 << 20
# Shares of the request's time: for reading, and after which no further documents start.
READING, BEGINNING = 0.5, 0.3
# The number of characters that are stored together.
TOGETHER = 64_000


@dataclass
class Stored:
    """How far it went: `settled` entries, whose results these are, and `read` bytes of the file up to there.

    ended: there are no more. later: why the next documents could not be stored for now, empty when it was for time.
    """

    settled: int
    results: list[DocumentResult] = field(default_factory=list)
    read: int = 0
    ended: bool = False
    later: str = ""


def store(file: FileIn, seconds: float, parts: Parts) -> Stored:
    """Store what is in the file as far as `seconds` go."""
    began = time.monotonic()
    limits = Limits(seconds * READING, MOST_MEMORY)
    is_cut = False

    def goes_on() -> bool:
        return time.monotonic() - began < seconds * BEGINNING

    def in_time() -> Generator[Entry]:
        nonlocal is_cut
        for entry in read(io.BytesIO(file.content), file.name, Reading(parts.settings.index.text_field), 0, limits):
            # With more time it may be read.
            is_cut = isinstance(entry, Unreadable) and not goes_on()
            if is_cut:
                return
            yield entry

    stored = store_entries(in_time(), Stored(0), Budget(seconds), parts, goes_on)
    stored.ended = stored.ended and not is_cut
    return stored


def store_entries(
    entries: Generator[Entry],
    stored: Stored,
    budget: Budget,
    parts: Parts,
    goes_on: Callable[[], bool],
    tell: Callable[[Stored], None] = lambda _: None,
    *,
    last: bool = False,
) -> Stored:
    """Store the entries behind those that are settled; `stored` counts on, and `tell` is given it after each step.

    Ends before documents that may be stored later, unless it is the `last` try: then that is their result. No further
    ones are begun when it does not `goes_on`. Raises a `Failure`.
    """
    most, field_name = parts.settings.limits.documents, parts.settings.index.text_field
    waiting, unread = dict[str, Document](), list[DocumentResult]()
    place, position, size = stored.settled, stored.read, 0

    def settle() -> bool:
        nonlocal size
        results = put([*waiting.values()], budget, parts) if waiting else []
        later = next((one for one in results if one.retry == "later"), None)
        if later and not last:
            stored.later = later.message or later.id
            return False
        stored.results += [*unread, *results]
        stored.settled, stored.read = place, position
        waiting.clear()
        unread.clear()
        size = 0
        tell(stored)
        return True

    try:
        for entry in entries:
            fills = len(waiting) + len(unread) >= most or size >= TOGETHER
            fills = fills or (isinstance(entry, Document) and entry.id in waiting)
            if fills and (waiting or unread) and not (settle() and goes_on()):
                return stored
            place += 1
            position += entry.read
            if isinstance(entry, Unreadable):
                unread.append(failed(entry.where, f"{entry.where}: {entry.reason}"))
            else:
                waiting[entry.id] = entry
                size += len(entry.source[field_name])
        stored.ended = settle()
    finally:
        entries.close()
    return stored
