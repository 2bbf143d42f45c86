"""Loads NDJSON documents: batches, checks each item of each answer, sends again only what may be taken later."""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from osml.domain import Disconnected, Domain, legible, reason
from osml.failure import Failure
from osml.repetition import PASSING, asked, pause

BATCH_DOCUMENTS = 64
BATCH_BYTES = 1_000_000
ATTEMPTS = 8


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
    domain.patiently("POST", f"/{index}/_refresh")


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
    """Ends with each document of `batch` in `report`, also when a Failure is raised."""
    waiting = batch
    said = ""
    answer = None
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(pause(attempt, asked(answer)))
        try:
            answer = _bulk(domain, index, waiting)
            results = [] if answer.status_code in PASSING else _results(answer, index, len(waiting))
        except Disconnected as error:
            # A document that was stored already is replaced by itself: it has its id from here.
            said, answer = str(error), None
            continue
        except Failure as error:
            report.errors += [f"{document.where}: not stored for certain: {error}" for document in waiting]
            raise
        if answer.status_code in PASSING:
            said = reason(answer)
            continue
        again: list[Document] = []
        for document, result in zip(waiting, results, strict=True):
            if _passes(result):
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
    if answer is None:
        raise Failure(f"{said}. Load the documents again: those that are stored already are not doubled.")


def _bulk(domain: Domain, index: str, batch: list[Document]) -> requests.Response:
    """The answer, which may be one of PASSING; raises Failure on another error status."""
    body = "".join(
        json.dumps({"index": {"_index": index, "_id": document.id}}) + "\n" + json.dumps(_passage(document)) + "\n"
        for document in batch
    )
    # A write to a name that is gone for a moment would make an index of that name, without its fields.
    path = "/_bulk?require_alias=true"
    answer = domain.request("POST", path, data=body.encode(), headers={"content-type": "application/x-ndjson"})
    if not answer.ok and answer.status_code not in PASSING:
        raise Failure(f"_bulk to the index {index} answered {reason(answer)}")
    return answer


def _results(answer: requests.Response, index: str, count: int) -> list[dict[str, Any]]:
    """What became of each of `count` documents: a `result`, or an `error` with a reason. Raises Failure."""
    with legible(f"_bulk to the index {index}"):
        results: list[dict[str, Any]] = [item["index"] for item in answer.json()["items"]]
        for result in results:
            if not isinstance(result.get("error", {}), dict) or not ("error" in result or "result" in result):
                raise TypeError
        if len(results) != count:
            raise ValueError
    return results


def _passage(document: Document) -> dict[str, Any]:
    """The document as the one passage of itself, which is how the assistant's API finds it."""
    return document.source | {"id": document.id, "document": document.id}


def _passes(result: dict[str, Any]) -> bool:
    """Whether the same document may be taken a moment later."""
    if "error" not in result:
        return False
    # An index takes no writes for the moment in which its documents are carried over to another one.
    if result["error"].get("type") == "cluster_block_exception":
        return True
    # A throttled embedding call comes back as an item error of another status with the provider's 429 in its reason.
    text = json.dumps(result["error"])
    return result.get("status") in PASSING or "429" in text or "Throttling" in text or "Too Many Requests" in text


def _cause(error: dict[str, Any]) -> str:
    nested = error.get("caused_by") or {}
    return str(error.get("reason") or nested.get("reason") or error)
