"""A website and a Git repository as sources of a real engine, with a real embedding model.

OSML_SOURCES sets the number of pages; with it, the seconds of each run are printed.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import into_collection as into_collection_module
from aws import bulk_requests
from corpus.formats import Reading
from corpus.load import BACKOFF
from corpus.load_settings import LoadSettings
from corpus.separate_process import FileLimits
from into_domain import into_domain
from mlcommons import HttpTransport
from rag.caller import OPERATOR
from rag.documents import listed, shown
from rag.search import Page
from rag.storing import store
from rag.upload_models import DocumentIn
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

engine_transport, models = kinds_engine.engine_transport, assistant_engine.models
shelf, shop = assistant_engine.shelf, assistant_engine.shop

PAGES = int(os.environ.get("OSML_SOURCES", "12"))
HERE = ["127.0.0.0/8"]
ASKED = "Which fish does the harbour of Lerwick land?"


class Here(Git):
    """A source from Git that also accepts http."""

    url: str


class Kept:
    """A source, what is known of it after each run, and the index that gets its documents."""

    def __init__(self, settings: SourceSettings, into: Callable[[str, float], Into], refresh: Callable[[], object]):
        self._name, self._runs = settings.kind, 0
        self._settings, self._known = settings, dict[str, Known]()
        self._into, self._refresh = into, refresh

    def run(self, *, settings: SourceSettings | None = None) -> Run:
        self._settings = settings or self._settings
        self._runs += 1
        run = Run(source=self._name, id=str(self._runs))
        into = self._into(run.source, time.monotonic() + 900)
        began = time.perf_counter()
        InStep(source_at(self._settings, Tools()), self._known, run, into, most_removed=50).go_on()
        seconds = time.perf_counter() - began
        changes = f"{run.added} added, {run.changed} changed, {run.removed} removed, {run.unchanged} unchanged"
        print(f"\n{self._name}: {changes}, {run.passages} chunks, {seconds:.1f} s")
        self._refresh()
        return run


COMMON: dict[str, Any] = {"reading": Reading("text"), "limits": FileLimits(), "groups": (), "pause": BACKOFF.pause}


def on_a_domain(shop: Shop, engine: KindsEngine, settings: SourceSettings) -> Kept:
    index = shop.parts.settings.index.name
    alias = f"{index}-sources"
    engine.client().post("/_aliases", {"actions": [{"add": {"index": index, "alias": alias}}]})
    target = {"endpoint": os.environ["OSML_TEST_ENGINE_URL"]}
    to = LoadSettings(target, alias, text_field="text", passage_characters=1_000, passage_tokens=256)
    return Kept(
        settings,
        lambda source, ends: into_domain(to, source, ends, **COMMON),
        lambda: engine.client().post(f"/{alias}/_refresh"),
    )


@pytest.fixture(autouse=True)
def _signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign in with the role of the contract tests."""
    monkeypatch.setattr(bulk_requests, "sign_in", lambda *_: RoleHeaders())


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
    kept = on_a_domain(shop, KindsEngine(engine_transport, ""), source_of(settings))
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
        kept = on_a_domain(shop, KindsEngine(engine_transport, ""), Here.model_validate(settings))
        assert kept.run().added == 2
        assert shop.ask("Where are eels landed?").sources[0].document == "handbook/docs/eel.md"
        assert (kept.run().unchanged, kept.run().unchanged) == (2, 2)
        served.commit(docs__eel_dot_md=None)
        assert kept.run().removed == 1
        assert shop.ask("Where are eels landed?").sources[0].document != "handbook/docs/eel.md"


def test_on_a_collection_a_website_stays_in_step_and_what_others_have_stored_stays(
    shelf: Shop, engine_transport: HttpTransport, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the index does not refresh by itself: a search finds stored documents only after the refresh in the wait."""
    index = shelf.parts.settings.index.name
    client = KindsEngine(engine_transport, "").client()
    client.put(f"/{index}/_settings", {"index": {"refresh_interval": "-1"}})
    waits = list[str]()

    def wait() -> None:
        waits.append("waited")
        client.post(f"/{index}/_refresh")

    monkeypatch.setattr(into_collection_module, "parts", lambda: shelf.parts)
    kept = Kept(
        source_of({"kind": "website", "start": [f"{site.url}/"], "networks": HERE, "delay": 0.0, "sitemap": False}),
        lambda source, ends: into_collection_module.into_collection(source, ends, wait, **COMMON),
        lambda: None,
    )
    assert (kept.run().added, waits) == (PAGES, [])
    site.page("/2", "<title>Lerwick</title><p>The harbour of Lerwick lands mackerel.</p>")
    assert kept.run().changed == 1
    # When the pages vanish, neither the document that the assistant stored nor the page's own versions are visible yet.
    own = DocumentIn(id=f"{site.url}/3", text="The harbour of Scalloway lands squid.", title="Scalloway")
    assert store([own], 30.0, OPERATOR, shelf.parts).stored == 1
    del site.pages["/2"], site.pages["/3"]
    assert (kept.run().removed, waits) == (2, ["waited"])
    client.post(f"/{index}/_refresh")
    held = {document.id for document in listed(Page(100), 30.0, OPERATOR, shelf.parts).documents}
    assert held == {f"{site.url}/", *(f"{site.url}/{number}" for number in range(1, PAGES) if number != 2)}
    assert [passage.text for passage in shown(f"{site.url}/3", 30.0, OPERATOR, shelf.parts).passages] == [own.text]
