"""Questions and documents at a steady rate while something changes, and the result of each of them."""

import itertools
import json
import math
import os
import random
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from corpus.destination import Stopped
from corpus.document import Document
from corpus.load import load
from corpus.report import Report
from osml.ask import question
from osml.failure import Failure
from osml.ingest import documents
from osml.remote.domain import Disconnected, Domain
from osml.remote.stack import Knowledge
from tests.e2e.templates import SAMPLES
from tests.waiting import until

# Per second. Two cores, shared with the engine, the models and a deploy, answer about four questions.
QUESTIONS = float(os.environ.get("OSML_TRAFFIC_QUESTIONS", "4"))
DOCUMENTS = float(os.environ.get("OSML_TRAFFIC_DOCUMENTS", "8"))
BATCH = 4
MOST_CLIENTS = 32
VOCABULARY = (
    "violin glacier teapot sparrow ledger turbine orchid comet anvil parachute mosaic lantern barley sonnet "
    "walrus harbour museum desert kitchen stadium monastery laboratory vineyard sings rusts travels blossoms "
    "vanishes crimson velvet hollow frozen ancient electric silent bitter gentle copper thunder saddle compass "
    "ribbon marble pepper cinnamon tornado lullaby pendulum trumpet igloo cactus pirate judge surgeon baker "
    "shepherd pilot chess rugby ballet algebra photosynthesis inflation gravity grammar mortgage volcano dentist "
    "sandal umbrella ferry tractor submarine"
)
PAGE = 500


@dataclass
class Account:
    """The results of the questions and documents of a run.

    `failed` questions and `refused` documents are listed by name, with the sentence that their client got. `lost`
    documents were acknowledged, but the index does not have them as they were sent, with a vector; each is listed with
    what is there. `doubled` ones are there more than once. `strangers` is the number of new documents in the index that
    nobody sent. `repeated` counts the answers, by status, after which a client tried again; `-` is a broken connection.
    """

    seconds: float = 0.0
    questions: int = 0
    slowest: float = 0.0
    failed: dict[str, str] = field(default_factory=dict)
    sent: int = 0
    refused: dict[str, str] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    doubled: list[str] = field(default_factory=list)
    strangers: int = 0
    repeated: Counter[str] = field(default_factory=Counter)

    @property
    def faults(self) -> dict[str, Any]:
        """The results that are faults; empty when every question was answered and every document is there once."""
        faults = {name: getattr(self, name) for name in ("failed", "refused", "lost", "doubled", "strangers")}
        return {name: value for name, value in faults.items() if value}


class Traffic:
    """Clients that ask and load as `osml` does, each with its own connection.

    They know only `knowledge` of the stack, as it was when they started. `run` is in the id of every document.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        run: str,
        questions: float = QUESTIONS,
        documents: float = DOCUMENTS,
        domain: Callable[[], Domain] | None = None,
    ) -> None:
        """`questions` and `documents` are rates per second; late ones are sent immediately. `domain` makes a client."""
        self.account = Account()
        self._knowledge, self._run = knowledge, f"{run}-{secrets.token_hex(2)}"
        self._facts = list(facts().items())
        self.sent: dict[str, str] = {}
        self._domain = domain or (lambda: _CountingDomain(knowledge, self.account.repeated))
        self._lock = threading.Lock()
        self._end = threading.Event()
        self._rates = {self._ask: questions, self._load: documents / BATCH}
        self._clients = [
            (act, rate, numbers, self._domain())
            for act, rate in self._rates.items()
            for numbers in [itertools.count()]
            for _ in range(min(MOST_CLIENTS, math.ceil(3 * rate)))
        ]
        self._before = self._count()

    @contextmanager
    def running(self) -> Iterator[Account]:
        """Ask and load until the block ends; then the account is complete."""
        began = time.monotonic()
        threads = [threading.Thread(target=self._serve, args=(began, *client)) for client in self._clients]
        for thread in threads:
            thread.start()
        try:
            yield self.account
        finally:
            self._end.set()
            for thread in threads:
                thread.join()
        self.account.seconds = time.monotonic() - began
        self.reckon()

    def go_on(self) -> None:
        """Wait until each kind of client has done more."""
        before = self.account.questions, len(self.sent)
        until(
            "questions and documents",
            lambda: (self.account.questions - before[0], len(self.sent) - before[1]),
            lambda more: min(more) >= BATCH,
        )

    def again(self) -> None:
        """Load the refused documents once more, and update the account."""
        refused, self.account.refused = list(self.account.refused), {}
        for start in range(0, len(refused), BATCH):
            self._give(self._domain(), refused[start : start + BATCH])
        self.reckon()

    def reckon(self) -> None:
        """Compare the sent documents with those in the index."""
        now = self._count()  # refreshes first: only then are new documents found
        counts: Counter[str] = Counter()
        for start in range(0, len(self.sent), PAGE):
            counts.update(self._held(list(self.sent)[start : start + PAGE]))
        acknowledged = self.sent.keys() - self.account.refused.keys()
        self.account.sent = len(self.sent)
        self.account.lost = {name: self._instead_of(name) for name in sorted(acknowledged - counts.keys())}
        self.account.doubled = sorted(name for name, times in counts.items() if times > 1)
        self.account.strangers = now - self._before - counts.total()

    def _serve(
        self,
        began: float,
        act: Callable[[Domain, int], None],
        rate: float,
        numbers: Iterator[int],
        domain: Domain,
    ) -> None:
        while True:
            with self._lock:
                number = next(numbers)
            if self._end.wait(max(0.0, began + number / rate - time.monotonic())):
                return
            act(domain, number)

    def _ask(self, domain: Domain, number: int) -> None:
        question_asked, (figure, source) = self._facts[number % len(self._facts)]
        began, fault = time.monotonic(), ""
        try:
            answer = question.ask(domain, self._knowledge, question_asked)
            if figure not in (answer.answer or "") or source not in [source.id for source in answer.sources]:
                fault = f"answered {answer.answer!r} from {[source.id for source in answer.sources]}"
        except Failure as error:
            fault = str(error)
        except Exception as error:  # noqa: BLE001 - a thread that dies would lose the question unseen
            fault = repr(error)
        with self._lock:
            self.account.questions += 1
            self.account.slowest = max(self.account.slowest, time.monotonic() - began)
            if fault:
                self.account.failed[f"question {number}: {question_asked}"] = fault

    def _load(self, domain: Domain, number: int) -> None:
        names = [f"{self._run}-{number * BATCH + place:05}" for place in range(BATCH)]
        with self._lock:
            self.sent |= {name: _text(name) for name in names}
        self._give(domain, names)

    def _give(self, domain: Domain, names: list[str]) -> None:
        report, field_name = Report(), self._knowledge.text_field
        batch = [Document(name, {field_name: self.sent[name]}, name, name) for name in names]
        fault = ""
        try:
            load(batch, lambda: documents.bulk(domain, self._knowledge.index), report=report)
        except Stopped as error:
            fault = str(error)
        except Exception as error:  # noqa: BLE001 - a thread that dies would lose the documents unseen
            fault = repr(error)
        refused = dict(sentence.split(": ", 1) for sentence in report.errors)
        if report.arrived + len(refused) != len(names):
            refused |= dict.fromkeys(names, fault or f"is in no count of {report.summary}")
        with self._lock:
            self.account.refused |= refused

    def _held(self, names: list[str]) -> Iterator[str]:
        """The ids of the documents that the index has as they were sent, with a vector; a doubled one comes twice."""
        vector = {"exists": {"field": self._knowledge.embedding_field}}
        query = {"bool": {"filter": [{"ids": {"values": names}}, vector]}}
        body = {"query": query, "size": 2 * PAGE, "_source": [self._knowledge.text_field]}
        # Without a pipeline: the environment's would answer from every hit.
        answer = self._query("POST", "/_search?search_pipeline=_none", json=body)
        for hit in answer["hits"]["hits"]:
            if hit["_source"][self._knowledge.text_field] == self.sent[hit["_id"]]:
                yield hit["_id"]

    def _instead_of(self, name: str) -> str:
        held = self._query("POST", "/_mget", json={"ids": [name]})["docs"][0]
        source = held.get("_source", {})
        parts = {key: str(value)[:80] for key, value in source.items()}
        return f"holds {parts}" if held["found"] else "not there"

    def _count(self) -> int:
        self._query("POST", "/_refresh")
        return int(self._query("GET", "/_count")["count"])

    def _query(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        domain = self._clients[0][3]
        return domain.patiently(method, f"/{self._knowledge.index}{path}", **options)


class _CountingDomain(Domain):
    """Counts in `repeated` the answers that were not successful."""

    def __init__(self, knowledge: Knowledge, repeated: Counter[str]) -> None:
        super().__init__(knowledge)
        self._repeated = repeated

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        try:
            answer = super().request(method, path, **options)
        except Disconnected:
            self._repeated["-"] += 1
            raise
        if not answer.ok:
            self._repeated[str(answer.status_code)] += 1
        return answer


def _text(name: str) -> str:
    """A text that differs much from all others: among similar ones, an HNSW graph finds nothing else (engine 3.4)."""
    return f"{name}: {' '.join(random.Random(name).choices(VOCABULARY.split(), k=12))}"  # noqa: S311 - not cryptography


def facts() -> dict[str, tuple[str, str]]:
    """Questions about the samples: each with the figure in its answer and the id of the document with that figure."""
    known = {}
    for line in SAMPLES.read_text().splitlines():
        sample = json.loads(line)
        name = sample["title"].partition(" metro area")[0]
        figure = re.search(r"In 2023, ([\d,]+) people", sample["text"])
        assert figure
        known[f"How many people lived in the {name} metro area in 2023?"] = (figure[1], sample["id"])
    return known
