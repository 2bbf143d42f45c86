"""An update that is rolled back, in place and by replacement, after it was complete and after it failed midway.

CloudFormation's rollback is one more update, back to the old properties; then it deletes what the replacement made.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from mlcommons import Request, Response, Transport, lock
from mlcommons.errors import ProvisioningError, Untrusted
from mlcommons.transport import is_write
from tests.contract import by_hand, kinds_engine
from tests.contract.kinds_engine import KindsEngine
from tests.contract.subjects import REPLACED, SHARED, SUBJECTS, UPDATED_IN_PLACE

engine, engine_transport, provider = (
    kinds_engine.engine,
    kinds_engine.engine_transport,
    kinds_engine.provider,
)

# The server changes these at each write; an updated model also shows its id (ml-commons 3.4).
_VOLATILE = ("last_updated_time", "last_deployed_time", "model_id")


@dataclass
class Cut:
    """A connection that breaks for good after the server has done that many writes, before their last answer."""

    inner: Transport
    writes: int = 1

    def send(self, request: Request, timeout: float) -> Response:
        if self.writes:
            answer = self.inner.send(request, timeout)
            self.writes -= is_write(request)
            if self.writes:
                return answer
        raise Untrusted(f"{request.method} {request.path}", "the connection is cut")


@pytest.fixture(autouse=True)
def abandoned_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "ABANDONED_AFTER", 0.5)


def _shown(engine: KindsEngine, kind: str, physical_id: str) -> Any:
    body = engine.read(kind, physical_id).body
    return {key: value for key, value in body.items() if key not in _VOLATILE} if isinstance(body, dict) else body


def _without_what_stays(kind: str, shown: Any) -> Any:
    """Remove what an index keeps after a rollback: an added field, and a setting that the old body does not name."""
    if kind == "Index":
        shown["mappings"]["properties"].pop("title", None)
        shown["settings"]["index"].pop("refresh_interval", None)
    return shown


@pytest.mark.parametrize("done", [True, False], ids=["completed", "failed"])
@pytest.mark.parametrize("kind", UPDATED_IN_PLACE)
def test_update_rollback_in_place(engine: KindsEngine, kind: str, done: bool) -> None:
    subject = SUBJECTS[kind](engine)
    made = engine.apply(kind, subject.spec).physical_id
    before = _shown(engine, kind, made)
    if done:
        engine.apply(kind, subject.in_place, made)
    else:
        with pytest.raises(ProvisioningError, match="cut"):
            engine.apply(kind, subject.in_place, made, transport=Cut(engine.transport, _writes(kind)))
    assert _shown(engine, kind, made) != before
    back = engine.apply(kind, subject.spec, made, previous=subject.in_place)
    assert back.physical_id == made
    assert back.changed
    assert _without_what_stays(kind, _shown(engine, kind, made)) == before
    assert not engine.apply(kind, subject.spec, made).changed
    assert by_hand.count(engine, kind) == 1


@pytest.mark.parametrize("kind", REPLACED)
def test_update_rollback_of_a_replacement(engine: KindsEngine, kind: str) -> None:
    """The update finds the old object again instead of making a third."""
    subject = SUBJECTS[kind](engine)
    first = engine.apply(kind, subject.spec).physical_id
    before = _shown(engine, kind, first)
    second = engine.apply(kind, subject.replacing, first).physical_id
    third = engine.apply(kind, subject.spec, second, previous=subject.replacing)
    assert third.physical_id == first
    engine.destroy(kind, second)
    assert _shown(engine, kind, first) == before
    assert by_hand.count(engine, kind) == 1


@pytest.mark.parametrize("kind", REPLACED)
def test_update_rollback_of_a_replacement_that_was_cut(engine: KindsEngine, kind: str) -> None:
    """The rollback does not know the new object's id: it finds the object by its specification."""
    subject = SUBJECTS[kind](engine)
    first = engine.apply(kind, subject.spec).physical_id
    before = _shown(engine, kind, first)
    with pytest.raises(ProvisioningError, match="cut"):
        engine.apply(kind, subject.replacing, first, transport=Cut(engine.transport, 2 if kind in SHARED else 1))
    assert by_hand.count(engine, kind) == 2
    back = engine.apply(kind, subject.spec, first, previous=subject.replacing)
    assert back.physical_id == first
    assert not back.changed
    assert _shown(engine, kind, first) == before
    assert by_hand.count(engine, kind) == 1


@pytest.mark.parametrize("kind", ["Model", "Index"])
def test_a_create_that_does_not_work_leaves_nothing(engine: KindsEngine, kind: str) -> None:
    subject = SUBJECTS[kind](engine)
    refusing = {"connector": engine.connector("/refuses")}
    connector = engine.apply("Connector", refusing, owner=engine.owner("Refusing")).physical_id
    spec = subject.spec | ({"connector_id": connector} if kind == "Model" else {})
    transport = Blind(engine.transport) if kind == "Index" else engine.transport
    with pytest.raises(ProvisioningError):
        engine.apply(kind, spec, transport=transport)
    assert by_hand.count(engine, kind) == 0


@dataclass
class Blind:
    """A connection whose first read after the write fails."""

    inner: Transport
    written: bool = False
    seen: bool = False

    def send(self, request: Request, timeout: float) -> Response:
        if self.written and not self.seen and not is_write(request):
            self.seen = True
            raise Untrusted(f"{request.method} {request.path}", "the connection is cut")
        self.written = self.written or is_write(request)
        return self.inner.send(request, timeout)


def _writes(kind: str) -> int:
    """The number of the write that completes an update; a lock or the settings of an index are written before it."""
    return 2 if kind in (*SHARED, "Index") else 1
