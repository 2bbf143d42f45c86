"""Documents are copied to another index version: a refused copy, and copies that do not end."""

from typing import Any

import pytest

from calls.starting import NO_CAPACITY
from mlcommons import Client, MockTransport, Owner, Patience, Request, Response, destroy, kind_named
from mlcommons.carrying import move, refused_copy
from mlcommons.errors import EngineThrottled, ProvisioningError, Unready
from mlcommons.index_version import IndexVersion, cancel_reindex
from tests.unit.kernel_clock import Clock

OWNER = Owner("osml-dev-knowledge", "Index")
INTO = "reindex from [passages-1] to [passages-2]"


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("Too Many Requests", EngineThrottled),
        (f"Error from remote service: Inference Component {NO_CAPACITY}.", EngineThrottled),
        ("mapper_parsing_exception", Unready),
    ],
)
def test_a_copy_waits_for_a_model_that_throttles_or_starts(reason: str, kind: type[ProvisioningError]) -> None:
    failure = {"id": "a", "status": 400, "cause": {"reason": reason}}
    assert type(refused_copy("Copying", failure)) is kind


class Copying:
    """An engine on which tasks copy documents to `passages-2` for the first `seconds` after their first cancellation.

    Another task copies to an index with a longer name, and nobody may cancel it.
    """

    def __init__(self, seconds: float, tasks: int = 1) -> None:
        self.clock, self.seconds, self.tasks = Clock(), seconds, tasks
        self.cancelled: float | None = None
        self.transport = MockTransport(self._answer)
        patience = Patience(seconds=60, clock=self.clock, sleep=self.clock.sleep, jitter=lambda: 0.5)
        self.client = Client(self.transport, patience)

    def _answer(self, request: Request) -> Response:
        if request.path == "/":
            return Response(200, {"version": {"number": "3.6.0"}})
        if request.path == "/_tasks":
            ended = self.cancelled is not None and self.clock() - self.cancelled >= self.seconds
            running = {} if ended else {f"n:{at}": {"description": INTO} for at in range(self.tasks)}
            others = {"n:9": {"description": INTO.replace("passages-2", "passages-22")}}
            return Response(200, {"nodes": {"n": {"tasks": running | others}}})
        if request.path.endswith("_cancel"):
            assert "n:9" not in request.path.replace("%3A", ":")
            self.cancelled = self.clock() if self.cancelled is None else self.cancelled
            return Response(200, {})
        if request.path == "/passages-2" and request.method == "GET":
            mappings = {"_meta": {"osml": f"(osml:{OWNER})", "default_pipeline": "p"}}
            return Response(200, {"passages-2": {"mappings": mappings, "settings": {}}})
        return Response(200, {"acknowledged": True})


@pytest.mark.parametrize("seconds", [0, 5, 40])
def test_copies_that_end_are_waited_for(seconds: float) -> None:
    engine = Copying(seconds)
    cancel_reindex(engine.client, "passages-2")
    assert engine.cancelled is not None
    assert engine.clock() >= seconds


@pytest.mark.parametrize(("tasks", "words"), [(1, "1 task still copies"), (3, "3 tasks still copy")])
def test_copies_that_do_not_end_are_an_error(tasks: int, words: str) -> None:
    engine = Copying(10_000, tasks)
    with pytest.raises(Unready) as refused:
        cancel_reindex(engine.client, "passages-2")
    sentence = f"Stopping the copies to passages-2: {words} documents to it. Try again in a few minutes."
    assert (str(refused.value), refused.value.cause) == (sentence, "not-ready")
    assert engine.clock() <= 60


def test_an_index_to_which_documents_are_still_copied_is_not_deleted() -> None:
    """A copy would create it again, without its mappings."""
    engine = Copying(10_000)
    with pytest.raises(Unready, match="Stopping the copies"):
        destroy(kind_named("Index"), "passages-2", client=engine.client, owner=OWNER)
    assert [request.path for request in engine.transport.writes if request.method == "DELETE"] == []
    engine = Copying(5)
    assert destroy(kind_named("Index"), "passages-2", client=engine.client, owner=OWNER).changed


def test_documents_are_not_copied_beside_an_earlier_copy_that_does_not_end() -> None:
    body: dict[str, Any] = {"mappings": {}, "settings": {}}
    engine = Copying(10_000)
    old, new = (IndexVersion(name, OWNER, body) for name in ("passages-1", "passages-2"))
    with pytest.raises(Unready, match="Stopping the copies"):
        move(engine.client, "passages", old, new)
    assert [request.path for request in engine.transport.writes if request.path == "/_reindex"] == []
