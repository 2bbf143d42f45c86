"""Ways to load a file of documents: that of osml, the three of opensearch-py, and bare requests as the limit."""

import asyncio
import json
import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from opensearchpy import AsyncOpenSearch, OpenSearch, helpers

from benchmarks.embedding_index import BareEngine
from benchmarks.engine import ROLE_HEADERS
from corpus.bulk import CONTENT_TYPE
from corpus.chunks import chunks
from corpus.formats import Reading
from corpus.load import load
from corpus.source import read
from settings.chunk_length import PASSAGE_CHARACTERS

Load = Callable[[BareEngine, str, Path], None]
"""Loads the documents of a file into an index of the engine."""


def ours(engine: BareEngine, index: str, file: Path) -> None:
    """Load as `osml ingest` does, without its progress bar and its signatures."""

    with file.open("rb") as stream:
        report = load(
            read(stream, "documents.ndjson", Reading("text")),
            engine.engine_index(index).connect,
            parts=partial(chunks, text_field="text", most=PASSAGE_CHARACTERS),
        )
    if report.failed:
        raise RuntimeError(f"{report.summary}: {report.errors[:3]}")


def bulk(engine: BareEngine, index: str, file: Path, **options: Any) -> None:
    """opensearch-py's `helpers.bulk`."""
    helpers.bulk(OpenSearch(**_client(engine)), _actions(index, file), **options)


def parallel_bulk(engine: BareEngine, index: str, file: Path, **options: Any) -> None:
    """opensearch-py's `helpers.parallel_bulk`, with a connection for each thread."""
    client = OpenSearch(**_client(engine), pool_maxsize=options.get("thread_count", 4))
    deque(helpers.parallel_bulk(client, _actions(index, file), **options), maxlen=0)


def async_bulk(engine: BareEngine, index: str, file: Path, tasks: int = 1, **options: Any) -> None:
    """opensearch-py's `helpers.async_bulk`, in `tasks` tasks at once over one iterator."""

    async def run() -> None:
        client = AsyncOpenSearch(**_client(engine))
        actions = _actions(index, file)
        try:
            await asyncio.gather(*(helpers.async_bulk(client, actions, **options) for _ in range(tasks)))
        finally:
            await client.close()

    asyncio.run(run())


def raw(engine: BareEngine, index: str, file: Path, threads: int = 4, size: int = 256) -> None:
    """Bodies that `prepare_raw` wrote, and answers that nobody reads: the most that the engine can load."""
    bodies: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    for body in file.with_suffix(f".{size}.bodies").read_bytes().split(b"\0"):
        bodies.put(body.replace(b"INDEX", index.encode()))

    def work() -> None:
        with engine.session() as session:
            while body := bodies.get():
                session.post(f"{engine.url}/_bulk", body, headers={"content-type": CONTENT_TYPE}, timeout=180)

    crew = [threading.Thread(target=work) for _ in range(threads)]
    for loader in crew:
        bodies.put(None)
        loader.start()
    for loader in crew:
        loader.join()


def prepare_raw(file: Path, size: int) -> None:
    """Write the bodies for `raw`, with `size` documents each, into a file beside `file`."""
    actions = _actions("INDEX", file)
    bodies = []
    while some := list(islice(actions, size)):
        lines = (
            f"{json.dumps({'index': {'_index': row['_index'], '_id': row['_id']}})}\n{json.dumps(row['_source'])}\n"
            for row in some
        )
        bodies.append("".join(lines).encode())
    file.with_suffix(f".{size}.bodies").write_bytes(b"\0".join(bodies))


def _actions(index: str, file: Path) -> Iterator[dict[str, Any]]:
    with file.open() as lines:
        for line in lines:
            source = json.loads(line)
            yield {"_index": index, "_id": source["id"], "_source": source}


def _client(engine: BareEngine) -> dict[str, Any]:
    return {"hosts": [engine.url], "ca_certs": engine.ca, "headers": ROLE_HEADERS, "timeout": 180}
