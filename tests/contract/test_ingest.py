"""An ingest into a real engine through a real pipeline: its model throttles and refuses, and its process is killed."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mlcommons import HttpTransport
from sandbox.models.json_handler import JsonHandler, serving
from tests.contract import kinds_engine
from tests.contract.index_versions import Embedder, Library
from tests.contract.kinds_engine import KindsEngine, engine_index
from tests.waiting import PATIENCE, until
from trials.ingesting import command, ingest

engine_transport = kinds_engine.engine_transport
POISON, LAST = "poison", "text 1999"


class Endpoint:
    """Answers each `throttled`th call with 429, and refuses calls with a poisoned text.

    A call with the text LAST waits for the `gate`.
    """

    def __init__(self) -> None:
        self.url, self.throttled = "", 0
        self.gate = threading.Event()
        self.calls = self.turned_away = 0
        self.lock = threading.Lock()

    def answer(self, texts: list[str]) -> tuple[int, Any]:
        if LAST in texts:
            self.gate.wait(PATIENCE)
        with self.lock:
            self.calls += 1
            if self.throttled and self.calls % self.throttled == 0:
                self.turned_away += 1
                return 429, {"message": "Rate exceeded"}
        if any(POISON in text for text in texts):
            return 400, {"message": "no such text"}
        return 200, [[1.0, 2.0, 3.0, float(len(text) % 7 + 1)] for text in texts]

    @contextmanager
    def running(self) -> Iterator["Endpoint"]:
        endpoint = self

        class Handler(JsonHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                texts = json.loads(self.body())
                self.answer(*endpoint.answer(texts))

        with serving(Handler) as self.url:
            yield self


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    with Endpoint().running() as made:
        yield made


@pytest.fixture
def library(engine_transport: HttpTransport, endpoint: Endpoint) -> Iterator[Library]:
    """An index whose pipeline embeds 16 documents a call."""
    endpoint.throttled, endpoint.turned_away = 0, 0
    endpoint.gate.set()
    engine = KindsEngine(engine_transport, endpoint.url)
    made = Library(engine, Embedder(url=endpoint.url))
    made.apply(made.index_version("aaaaaaaa", 4, 1))
    yield made
    made.leave()
    engine.clean()


def write(file: Path, count: int, poisoned: frozenset[int] = frozenset()) -> Path:
    lines = ({"id": f"d{n}", "text": f"{POISON if n in poisoned else 'text'} {n}"} for n in range(count))
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def held(library: Library) -> list[str]:
    """The ids of all documents with a vector; a doubled document is listed twice."""
    client = library.client
    client.post(f"/{library.alias}/_refresh")
    body = {"size": 10_000, "query": {"exists": {"field": "embedding"}}, "_source": False}
    hits = client.post(f"/{library.alias}/_search?search_pipeline=_none", body)["hits"]["hits"]
    return sorted(hit["_id"] for hit in hits)


def test_a_throttled_model_loses_and_doubles_nothing(library: Library, endpoint: Endpoint, tmp_path: Path) -> None:
    endpoint.throttled = 5
    file = write(tmp_path / "a.ndjson", 600)
    report = ingest(engine_index(library.alias), tmp_path / "state", file)
    assert report.summary == "600 created, 0 updated, 0 failed"
    assert held(library) == sorted(f"d{n}" for n in range(600))
    assert endpoint.turned_away > 0


def test_only_the_poisoned_documents_are_rejected(library: Library, tmp_path: Path) -> None:
    poisoned = frozenset({3, 40, 41, 199})
    file = write(tmp_path / "a.ndjson", 200, poisoned)
    report = ingest(engine_index(library.alias), tmp_path / "state", file)
    assert report.summary == "196 created, 0 updated, 4 failed"
    assert held(library) == sorted(f"d{n}" for n in range(200) if n not in poisoned)
    letters = [json.loads(line) for line in (tmp_path / "rejected.ndjson").read_text().splitlines()]
    assert [letter["id"] for letter in letters] == [f"d{n}" for n in sorted(poisoned)]
    assert all("no such text" in letter["reason"] for letter in letters)


def test_after_a_kill_an_ingest_resumes_without_loss_or_duplicates(
    library: Library, endpoint: Endpoint, tmp_path: Path
) -> None:
    endpoint.gate.clear()
    poisoned = frozenset({7, 1_500})
    file = write(tmp_path / "a.ndjson", 2_000, poisoned)
    (tmp_path / "b.md").write_text("# Leave\n\n" + "A day is granted to whoever asks. " * 20)
    state, to = tmp_path / "state", engine_index(library.alias)
    files = [file, tmp_path / "b.md"]
    with subprocess.Popen(command(to, state, *files), stdout=subprocess.DEVNULL) as process:
        try:
            until("the journal", lambda: state.exists() and state.stat().st_size)
        finally:
            process.kill()
    settled = json.loads(state.read_text().splitlines()[-1])["report"]["read"]
    assert 0 < settled < 2_001
    endpoint.gate.set()
    report = ingest(to, state, *files)
    chunks = [item for item in held(library) if item.startswith("b.md")]
    assert (report.read, report.arrived, report.failed) == (2_001, 1_998 + len(chunks), 2)
    assert held(library) == sorted([*(f"d{n}" for n in range(2_000) if n not in poisoned), *chunks])
    assert chunks == [f"b.md#{n}" for n in range(1, 5)]
    letters = [json.loads(line)["id"] for line in (tmp_path / "rejected.ndjson").read_text().splitlines()]
    assert letters == ["d7", "d1500"]
    assert not state.exists()
