"""Loads NDJSON documents: batches, checks each item of each answer, retries only what was throttled."""

import hashlib
import json
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from osml.domain import Domain, reason
from osml.failure import Failure

BATCH_DOCUMENTS = 64
BATCH_BYTES = 1_000_000
ATTEMPTS = 6
RETRIED = {429, 502, 503, 504}


@dataclass(frozen=True)
class Document:
    """`where` is `file:line`, for messages; `read` is how many bytes the line takes in its file."""

    id: str
    source: dict[str, Any]
    where: str
    read: int


@dataclass
class Report:
    """What became of the documents: `errors` holds a sentence for each one that is not in the index.

    `stored` are those of an assistant, which does not tell new documents from replaced ones; `unkept` names the
    fields it does not keep.
    """

    created: int = 0
    updated: int = 0
    stored: int | None = None
    errors: list[str] = field(default_factory=list)
    unkept: set[str] = field(default_factory=set)

    @property
    def summary(self) -> str:
        """The figures, in words; every document is in one of them."""
        arrived = f"{self.created} created, {self.updated} updated" if self.stored is None else f"{self.stored} stored"
        return f"{arrived}, {len(self.errors)} failed"


def read(file: Path, text_field: str, report: Report) -> Iterator[Document]:
    """Documents of an NDJSON file; a line that is none is noted in `report` and left out.

    A line is a JSON object with the text in `text_field` and, if the caller wants to name it, an `id`; without
    one the id is the SHA-256 of the line's content, so that loading a file twice does not double it.
    """
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            where = f"{file}:{number}"
            try:
                source = json.loads(line)
            except (json.JSONDecodeError, UnicodeDecodeError) as error:
                report.errors.append(f"{where}: not JSON ({error})")
                continue
            if not isinstance(source, dict) or not isinstance(source.get(text_field), str):
                report.errors.append(f"{where}: a JSON object with a string `{text_field}` is wanted")
                continue
            given = source.pop("id", None)
            canonical = json.dumps(source, sort_keys=True, ensure_ascii=True)
            key = str(given) if given is not None else hashlib.sha256(canonical.encode()).hexdigest()
            yield Document(key, source, where, len(line))


def load(
    domain: Domain,
    index: str,
    documents: Iterable[Document],
    report: Report,
    done: Callable[[int], None],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Sends the documents to `index`; `done` is told the bytes of each finished batch."""
    for batch in _batches(documents):
        _send(domain, index, batch, report, sleep)
        done(sum(document.read for document in batch))
    domain.json("POST", f"/{index}/_refresh")


def _batches(documents: Iterable[Document]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    for document in documents:
        full = len(batch) >= BATCH_DOCUMENTS or sum(d.read for d in batch) + document.read > BATCH_BYTES
        if batch and full:
            yield batch
            batch = []
        batch.append(document)
    if batch:
        yield batch


def _send(domain: Domain, index: str, batch: list[Document], report: Report, sleep: Callable[[float], None]) -> None:
    waiting = batch
    said = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            # jitter, not cryptography
            sleep(random.uniform(0, min(20.0, 0.5 * 2**attempt)))  # noqa: S311
        body = "".join(
            json.dumps({"index": {"_index": index, "_id": document.id}}) + "\n" + json.dumps(_passage(document)) + "\n"
            for document in waiting
        )
        answer = domain.request("POST", "/_bulk", data=body.encode(), headers={"content-type": "application/x-ndjson"})
        if answer.status_code in RETRIED:
            said = reason(answer)
            continue
        if not answer.ok:
            raise Failure(f"_bulk to the index {index} answered {reason(answer)}")
        again: list[Document] = []
        for document, item in zip(waiting, answer.json()["items"], strict=True):
            result = item["index"]
            if _throttled(result):
                said = str(result["error"].get("reason"))
                again.append(document)
            elif "error" in result:
                report.errors.append(f"{document.where}: {_cause(result['error'])}")
            elif result["result"] == "created":
                report.created += 1
            else:
                report.updated += 1
        waiting = again
        if not waiting:
            return
    report.errors += [f"{d.where}: gave up after {ATTEMPTS} attempts, last answer: {said}" for d in waiting]


def _passage(document: Document) -> dict[str, Any]:
    """The document as the one passage of itself, which is how the assistant's API finds it."""
    return document.source | {"id": document.id, "document": document.id}


def _throttled(result: dict[str, Any]) -> bool:
    # A throttled embedding call comes back as an item error of another status with the provider's 429 in its reason.
    if "error" not in result:
        return False
    text = json.dumps(result["error"])
    return result.get("status") in RETRIED or "429" in text or "Throttling" in text or "Too Many Requests" in text


def _cause(error: dict[str, Any]) -> str:
    nested = error.get("caused_by") or {}
    return str(error.get("reason") or nested.get("reason") or error)
