"""A destination that treats documents as a test's script demands, and keeps those that it receives."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from corpus.destination import Outcome, Verdict
from corpus.document import Document, Entry
from corpus.in_flight import Leftovers
from corpus.load import load
from corpus.report import DeadLetter, Report

CREATED, UPDATED = Outcome(Verdict.CREATED), Outcome(Verdict.UPDATED)
Script = Callable[[list[str], int], Sequence[Outcome]]
"""Gives an outcome for each id of a batch, or raises; the number says how many batches there were."""


@dataclass
class Scripted:
    """Used by all threads; `held` are the documents that arrived, by id, and `batches` the ids of each batch."""

    script: Script = lambda ids, _: [CREATED] * len(ids)
    most_bytes: int = 1_000_000
    most_documents: int = 64
    seconds: float = 0.0
    batches: list[list[str]] = field(default_factory=list)
    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def encode(self, document: Document) -> bytes:
        return json.dumps({"id": document.id, **document.source}).encode()

    def send(self, batch: Sequence[bytes]) -> list[Outcome]:
        documents = [json.loads(item) for item in batch]
        time.sleep(self.seconds)
        with self.lock:
            ids = [document["id"] for document in documents]
            self.batches.append(ids)
            outcomes = list(self.script(ids, len(self.batches)))
            for document, outcome in zip(documents, outcomes, strict=True):
                if outcome.verdict in (Verdict.CREATED, Verdict.UPDATED):
                    self.held[document["id"]] = document
            return outcomes


@dataclass
class Loaded:
    """The result of a load."""

    report: Report = field(default_factory=Report)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    confirmed: list[Entry] = field(default_factory=list)


def loaded(to: Scripted, *entries: Entry, into: Loaded | None = None, leftovers: Leftovers | None = None) -> Loaded:
    """Load the entries without waiting between retries.

    Raises what `load` raises; then `into` contains the result.
    """
    loaded = into or Loaded()
    load(
        iter(entries),
        lambda: to,
        report=loaded.report,
        dead_letters=loaded.dead_letters.append,
        confirmed=loaded.confirmed.append,
        leftovers=leftovers,
        pause=lambda _, __: 0.0,
    )
    return loaded


def document(name: str | int, text: str = "t") -> Document:
    return Document(str(name), {"text": text}, f"f:{name}", str(name), 10)
