"""Stores the entries of an uploaded file until the time is over. The file is read in the same way as in other loads."""

import io
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from aws.textract import reading
from corpus.document import Document, Entry, Unreadable
from corpus.recognition import Unrecognized
from corpus.separate_process import FileLimits
from corpus.source import read
from rag.budget import Budget
from rag.caller import Caller
from rag.document_models import DocumentResult
from rag.document_results import failed
from rag.failures import Starting
from rag.parts import Parts
from rag.storing import given_to, put
from rag.upload_models import FileIn

if TYPE_CHECKING:
    from rag.originals import Originals

# The limit of the function's memory for reading, in bytes.
MOST_MEMORY = 512 << 20
# Shares of the request's time: for reading, and for starting further documents.
READING, BEGINNING = 0.5, 0.3
# Documents are stored together when they have this number of characters.
TOGETHER = 64_000


@dataclass
class Stored:
    """The progress: the number of `settled` entries with their results, and the `read` bytes of the file.

    `ended` is True if there are no more entries. `later` is the reason why the next documents could not be stored yet;
    it is empty if only the time was over.
    """

    settled: int
    results: list[DocumentResult] = field(default_factory=list)
    read: int = 0
    ended: bool = False
    later: str = ""


def store(file: FileIn, seconds: float, parts: Parts, caller: Caller, originals: "Originals | None" = None) -> Stored:
    """Store the documents of the file within `seconds`; `originals` stores the file itself if it is one document."""
    began = time.monotonic()
    limits = FileLimits(seconds * READING, MOST_MEMORY)
    is_cut = False

    def goes_on() -> bool:
        return time.monotonic() - began < seconds * BEGINNING

    def left() -> float:
        return began + seconds * READING - time.monotonic()

    budget = Budget(seconds)
    original = None if originals is None else originals.of_upload(file.name, io.BytesIO(file.content), budget, parts)

    def in_time() -> Generator[Entry]:
        nonlocal is_cut
        as_set = reading(parts.settings.index.text_field, parts.settings.scans, left)
        entries = read(io.BytesIO(file.content), file.name, as_set, 0, limits)
        entries = for_groups(entries, file.groups)
        for entry in original.of(entries) if original else entries:
            # With more time, the entry may be readable.
            is_cut = isinstance(entry, Unreadable) and not goes_on()
            if is_cut:
                return
            yield entry

    stored = Stored(0)
    try:
        store_entries(in_time(), stored, budget, parts, caller, goes_on)
    finally:
        if original:
            original.settle(stored.results)
    stored.ended = stored.ended and not is_cut
    return stored


def for_groups(entries: Generator[Entry], groups: Sequence[str] | None) -> Generator[Entry]:
    """The entries, with `groups` as the groups of their documents."""
    try:
        for entry in entries:
            yield replace(entry, source=given_to(entry.source, groups)) if isinstance(entry, Document) else entry
    finally:
        entries.close()


def store_entries(
    entries: Generator[Entry],
    stored: Stored,
    budget: Budget,
    parts: Parts,
    caller: Caller,
    goes_on: Callable[[], bool],
    tell: Callable[[Stored], None] = lambda _: None,
    *,
    last: bool = False,
) -> Stored:
    """Store the entries after the settled ones; each step adds to `stored`, and calls `tell` with it.

    It stops at documents that may be stored later; in the `last` attempt, it adds their failed results and continues.
    It starts no further documents after `goes_on` returns False. Raises a `RagFailure`.
    """
    most, field_name = parts.settings.limits.documents, parts.settings.index.text_field
    waiting, unread = dict[str, Document](), list[DocumentResult]()
    place, position, size = stored.settled, stored.read, 0

    def settle() -> bool:
        nonlocal size
        try:
            results = put([*waiting.values()], budget, parts, caller) if waiting else []
        except Starting as failure:
            results = [failed(id, failure.message, "later") for id in waiting]
        later = next((result for result in results if result.retry == "later"), None)
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
    except Unrecognized as why:
        if not (waiting or unread) or settle():
            stored.later = str(why)
    finally:
        entries.close()
    return stored
