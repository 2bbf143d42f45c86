"""The function that keeps an index in step: how a run begins, continues in further calls, and ends."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

import into_domain
import sync
from corpus.destination import Stopped
from sources.run import Run
from tests.unit.scripted_destination import Scripted
from tests.unit.stored_objects import Bucket
from tests.unit.unlogged import unlogged
from tests.website_server import Page, Site, website


@dataclass
class Queue:
    """The waiting messages, each with its group."""

    waiting: list[tuple[str, str]] = field(default_factory=list)

    def send_message(self, QueueUrl: str, MessageBody: str, MessageGroupId: str, MessageDeduplicationId: str) -> None:
        self.waiting.append((MessageGroupId, MessageBody))


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@dataclass
class Function:
    """The function with its queue, bucket and index; `lines` is its log."""

    site: Site
    bucket: Bucket
    queue: Queue
    to: Scripted
    output: Callable[[], str]

    def call(self, body: Mapping[str, Any], id: str = "m1") -> None:
        with unlogged():
            sync.handler({"Records": [{"messageId": id, "body": json.dumps(body)}]}, Context())

    def until_done(self, body: Mapping[str, Any], id: str = "m1") -> Run:
        """The run at its end, after all the calls that it requests itself."""
        self.call(body, id)
        while self.queue.waiting:
            self.call(json.loads(self.queue.waiting.pop(0)[1]), f"{id}-next")
        return self.run()

    def run(self) -> Run:
        return Run.model_validate_json(self.bucket.objects["runs/handbook.json"])

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.output().splitlines() if line.startswith("{")]


@pytest.fixture
def site() -> Iterator[Site]:
    with website() as running:
        running.page("/", "<p>Welcome.</p><a href='/a'>a</a><a href='/b'>b</a>")
        running.page("/a", "<p>A.</p>")
        running.page("/b", "<p>B.</p>")
        yield running


@pytest.fixture
def function(site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Function:
    bucket, queue, to = Bucket(), Queue(), Scripted()
    destination = {
        "target": {"endpoint": "https://nowhere.example"},
        "index": "passages",
        "text_field": "text",
        "passage_characters": 1000,
        "passage_tokens": None,
        "passage_overlap": 0,
    }
    settings = {"kind": "website", "start": [f"{site.url}/"], "networks": ["127.0.0.0/8"], "delay": 0.0}
    variables = {
        "DESTINATION": json.dumps(destination),
        "SOURCES": json.dumps({"handbook": settings}),
        "SECRETS": "{}",
        "STATE_BUCKET": "state",
        "QUEUE_URL": "q",
        "ENVIRONMENT": "dev",
        "SLICE_SECONDS": "30",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sync, "client", lambda name: {"s3": bucket, "sqs": queue}[name])
    monkeypatch.setattr(into_domain, "connect", lambda *_: lambda: to)
    monkeypatch.setattr(into_domain, "asking", lambda *_: lambda *_: {"hits": {"hits": []}})
    return Function(site, bucket, queue, to, lambda: capsys.readouterr().out)


def test_a_message_is_a_run_and_its_end_is_a_line_and_metrics(function: Function) -> None:
    run = function.until_done({"source": "handbook"})
    assert (run.id, run.status, run.added, run.calls) == ("m1", "done", 3, 1)
    assert "state/handbook.jsonl.gz" in function.bucket.objects
    lines = function.lines()
    assert any(line.get("message") == "A source is in step." and line["added"] == 3 for line in lines)
    assert any(line.get("SourceFailed") == [0] and line.get("SourceChanges") == [3] for line in lines)


def test_a_run_that_is_longer_than_a_call_goes_on_in_the_order_of_its_source(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLICE_SECONDS", "0")
    function.call({"source": "handbook"})
    assert function.run().status == "running"
    assert function.queue.waiting == [("handbook", json.dumps({"source": "handbook", "run": "m1"}))]
    run = function.until_done({"source": "handbook", "run": "m1"})
    assert (run.id, run.status, run.added) == ("m1", "done", 3)
    assert run.calls >= 3
    assert sorted(function.site.paths(200)) == ["/", "/a", "/b"]


def test_another_run_does_not_begin_while_one_is_under_way(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLICE_SECONDS", "0")
    function.call({"source": "handbook"})
    before = function.run()
    function.call({"source": "handbook"}, "m2")
    assert function.run().id == before.id
    assert function.run().calls == before.calls


def test_a_call_that_crashed_is_repeated_by_its_message(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Any:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(sync, "source_at", broken)
        with pytest.raises(RuntimeError):
            function.call({"source": "handbook"})
    assert function.run().status == "running"
    assert function.until_done({"source": "handbook"}).status == "done"


@pytest.mark.parametrize("status", [500, 503])
def test_a_site_that_is_down_is_a_failed_run_with_its_reason(function: Function, status: int) -> None:
    function.site.pages["/robots.txt"] = Page(status=status, headers={"Retry-After": "1000"})
    run = function.until_done({"source": "handbook"})
    assert run.status == "failed"
    assert f"/robots.txt was answered {status}" in str(run.message)
    lines = function.lines()
    assert any(line.get("finding") == "NotInStep" and line["why"] == run.message for line in lines)
    assert any(line.get("SourceFailed") == [1] for line in lines)


def test_an_engine_that_takes_nothing_is_a_failed_run_and_the_next_one_loads_all(function: Function) -> None:
    def stopped(*_: object) -> Any:
        raise Stopped("The domain is gone.")

    function.to.script, script = stopped, function.to.script
    assert function.until_done({"source": "handbook"}).message == "The domain is gone."
    function.to.script = script
    assert function.until_done({"source": "handbook"}, "m2").added == 3


def test_a_run_that_only_looks_stores_nothing_that_later_runs_know(function: Function) -> None:
    run = function.until_done({"source": "handbook", "dry": True})
    assert (run.dry, run.added, run.passages) == (True, 3, 0)
    assert "state/handbook.jsonl.gz" not in function.bucket.objects
    assert not any("SourceChanges" in line for line in function.lines())
    assert function.until_done({"source": "handbook"}, "m2").added == 3
    assert len(function.to.held) == 3


def test_a_source_that_is_no_longer_in_the_settings_is_a_line(function: Function) -> None:
    function.call({"source": "gone"})
    assert any(line.get("finding") == "NoSource" for line in function.lines())
    assert function.bucket.objects == {}
