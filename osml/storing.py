"""Gives documents to the assistant of a serverless environment: batches, a result for each, and what to do again."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from osml.documents import ATTEMPTS, Document, Report
from osml.failure import Failure
from osml.functions import Functions, Reply
from osml.repetition import PASSING, pause

BATCH_DOCUMENTS = 100
KEPT = ("id", "title")
# One of these about a batch may be the fault of a single document in it.
WRONG = (400, 413)
FRAME_BYTES = len('{"documents":[]}')


def load(
    functions: Functions,
    text_field: str,
    body_limit: int,
    documents: Iterable[Document],
    report: Report,
    done: Callable[[int], None],
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Stores the documents; `done` is told the bytes of each finished batch. A request has at most `body_limit` bytes.

    The assistant keeps id, title and text of a document; other fields are noted in `report.unkept`.
    Raises Failure when the assistant is not there or breaks; that batch is then in the report as failed.
    """
    report.stored = report.stored or 0
    for batch in _batches(documents, text_field, body_limit):
        unknown = {document.where for document in batch}
        try:
            for document, fault in _outcomes(functions, text_field, batch, sleep):
                unknown.remove(document.where)
                report.unkept.update(document.source.keys() - {*KEPT, text_field})
                if fault is None:
                    report.stored += 1
                else:
                    report.errors.append(f"{document.where}: {fault}")
        except Failure as failure:
            report.errors += [f"{one.where}: {failure}" for one in batch if one.where in unknown]
            raise
        done(sum(document.read for document in batch))


def _batches(documents: Iterable[Document], text_field: str, body_limit: int) -> Iterator[list[Document]]:
    """At most 100 documents within the limit; the assistant refuses a request that names one document twice."""
    batch: dict[str, Document] = {}
    size = FRAME_BYTES
    for document in documents:
        bytes_more = len(json.dumps(_item(document, text_field), ensure_ascii=False).encode(errors="surrogatepass")) + 2
        full = len(batch) >= BATCH_DOCUMENTS or size + bytes_more > body_limit or document.id in batch
        if batch and full:
            yield list(batch.values())
            batch, size = {}, FRAME_BYTES
        batch[document.id] = document
        size += bytes_more
    if batch:
        yield list(batch.values())


def _item(document: Document, text_field: str) -> dict[str, Any]:
    title = document.source.get("title")
    return {"id": document.id, "text": document.source[text_field], **({} if title is None else {"title": title})}


def _outcomes(
    functions: Functions, text_field: str, batch: list[Document], sleep: Callable[[float], None]
) -> Iterator[tuple[Document, str | None]]:
    """Each document with what is wrong with it, None when it was stored."""
    reply = _patiently(functions, [_item(document, text_field) for document in batch], sleep)
    if reply.status == 200:
        yield from zip(batch, _faults(reply, len(batch)), strict=True)
    elif reply.status in WRONG and len(batch) > 1:
        middle = len(batch) // 2
        for half in (batch[:middle], batch[middle:]):
            yield from _outcomes(functions, text_field, half, sleep)
    elif reply.status in WRONG:
        yield batch[0], reply.message
    elif reply.status in PASSING:
        said = f"gave up after {ATTEMPTS} attempts, last answer: {reply.status}: {reply.message}"
        yield from ((document, said) for document in batch)
    else:
        raise Failure(f"The assistant answered {reply.status}: {reply.message}")


def _patiently(functions: Functions, items: list[dict[str, Any]], sleep: Callable[[float], None]) -> Reply:
    """The reply to the items; what was throttled, or not up yet, is asked again: storing twice changes nothing."""
    for attempt in range(1, ATTEMPTS + 1):
        reply = functions.post("/documents", {"documents": items})
        if reply.status not in PASSING or attempt == ATTEMPTS:
            break
        sleep(pause(attempt, reply.retry_after or 0.0))
    return reply


def _faults(reply: Reply, count: int) -> Iterator[str | None]:
    """What is wrong with each of `count` documents; the results are in the order of the request."""
    given = reply.body.get("documents")
    results = given if isinstance(given, list) else []
    for place in range(count):
        result = results[place] if place < len(results) and isinstance(results[place], dict) else {}
        stored = result.get("status") == "stored"
        yield None if stored else str(result.get("message") or "the assistant gave no result for it")
