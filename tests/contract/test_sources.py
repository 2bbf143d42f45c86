"""A website and a Git repository as sources of a real engine, with a real embedding model.

OSML_SOURCES sets the number of pages, and prints the seconds of each run.
"""

import functools
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aws import bulk_requests
from aws.bulk_requests import asking, connect
from corpus.apart import FileLimits
from corpus.chunks import chunks
from corpus.formats import Reading
from corpus.leftovers import Leftovers
from mlcommons import HttpTransport
from settings.sources import SourceSettings, source_of
from settings.sources.git import Git
from sources.in_step import InStep, Into
from sources.item import Known
from sources.kinds import source_at
from sources.run import Run
from sources.tools import Tools
from tests.contract import assistant_engine, kinds_engine
from tests.contract.assistant_engine import Shop
from tests.contract.kinds_engine import KindsEngine, RoleHeaders
from tests.unit.git_server import repository
from tests.website_server import Site, website

engine_transport, models, shop = kinds_engine.engine_transport, assistant_engine.models, assistant_engine.shop

PAGES = int(os.environ.get("OSML_SOURCES", "12"))
HERE = ["127.0.0.0/8"]
ASKED = "Which fish does the harbour of Lerwick land?"


class Here(Git):
    """Also by http."""

    url: str


class Kept:
    """A source and what is known of it, whose documents go into the shop's index."""

    def __init__(self, shop: Shop, engine: KindsEngine, settings: SourceSettings) -> None:
        self._name, self._runs = settings.kind, 0
        self._settings, self._known = settings, dict[str, Known]()
        index = shop.parts.settings.index.name
        self._alias = f"{index}-sources"
        engine.client().post("/_aliases", {"actions": [{"add": {"index": index, "alias": self._alias}}]})
        self._engine = engine
        self._target = {"endpoint": os.environ["OSML_TEST_ENGINE_URL"]}

    def run(self) -> Run:
        ends = time.monotonic() + 900
        ask = asking(self._target, ends)
        self._runs += 1
        run = Run(source=self._name, id=str(self._runs))
        into = Into(
            connect(self._target, self._alias, ends),
            Leftovers(ask, self._alias),
            Leftovers(ask, self._alias, run.source),
            Reading("text"),
            functools.partial(chunks, text_field="text", most=1_000, tokens=256),
            FileLimits(),
        )
        began = time.perf_counter()
        InStep(source_at(self._settings, Tools()), self._known, run, into, most_removed=50).go_on()
        seconds = time.perf_counter() - began
        changes = f"{run.added} added, {run.changed} changed, {run.removed} removed, {run.unchanged} unchanged"
        print(f"\n{self._name}: {changes}, {run.passages} chunks, {seconds:.1f} s")
        self._engine.client().post(f"/{self._alias}/_refresh")
        return run


@pytest.fixture(autouse=True)
def _signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the role of the contract tests."""
    monkeypatch.setattr(bulk_requests, "_auth", lambda *_: RoleHeaders())


@pytest.fixture
def site() -> Iterator[Site]:
    with website() as running:
        links = "".join(f"<a href='/{number}'>{number}</a>" for number in range(1, PAGES))
        running.page("/", f"<title>Harbours</title>{links}<p>All harbours of the islands.</p>")
        for number in range(1, PAGES):
            running.page(f"/{number}", f"<title>Harbour {number}</title><p>{_words(number)}</p>")
        running.page("/2", "<title>Lerwick</title><p>The harbour of Lerwick lands herring and cod.</p>")
        yield running


def _words(number: int) -> str:
    return " ".join(f"The harbour number {number} has {number * 7 + at} boats and a lighthouse." for at in range(6))


def cited(shop: Shop) -> tuple[str, str]:
    best = shop.ask(ASKED).sources[0]
    return best.document, best.text


def test_a_website_stays_in_step(shop: Shop, engine_transport: HttpTransport, site: Site) -> None:
    settings = {"kind": "website", "start": [f"{site.url}/"], "networks": HERE, "delay": 0.0, "sitemap": False}
    kept = Kept(shop, KindsEngine(engine_transport, ""), source_of(settings))
    first = kept.run()
    assert (first.added, first.refused) == (PAGES, 0)
    assert cited(shop) == (f"{site.url}/2", "The harbour of Lerwick lands herring and cod.")
    second = kept.run()
    assert (second.unchanged, second.passages) == (PAGES, 0)
    site.page("/2", "<title>Lerwick</title><p>The harbour of Lerwick lands mackerel.</p>")
    third = kept.run()
    assert (third.changed, third.unchanged) == (1, PAGES - 1)
    assert cited(shop) == (f"{site.url}/2", "The harbour of Lerwick lands mackerel.")
    del site.pages["/2"]
    assert kept.run().removed == 1
    assert cited(shop)[0] != f"{site.url}/2"


def test_a_repository_stays_in_step(shop: Shop, engine_transport: HttpTransport, tmp_path: Path) -> None:
    with repository(tmp_path) as served:
        served.commit(docs__eel_dot_md="# Eels\n\nEels are landed in Toome.", docs__other_dot_md="# Other\n\nNothing.")
        settings = {"kind": "git", "url": served.url, "networks": HERE}
        kept = Kept(shop, KindsEngine(engine_transport, ""), Here.model_validate(settings))
        assert kept.run().added == 2
        assert shop.ask("Where are eels landed?").sources[0].document == "handbook/docs/eel.md"
        assert (kept.run().unchanged, kept.run().unchanged) == (2, 2)
        served.commit(docs__eel_dot_md=None)
        assert kept.run().removed == 1
        assert shop.ask("Where are eels landed?").sources[0].document != "handbook/docs/eel.md"
