"""create_timeout_create: the function is killed after the server did the write and before the answer arrives."""

import pytest

from mlcommons import lock
from tests.contract import by_hand, kinds_engine
from tests.contract.killed import killed
from tests.contract.kinds_engine import KindsEngine
from tests.contract.subjects import REPLACED, SHARED, SUBJECTS

engine, engine_transport, provider = (
    kinds_engine.engine,
    kinds_engine.engine_transport,
    kinds_engine.provider,
)


@pytest.fixture(autouse=True)
def abandoned_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "ABANDONED_AFTER", 0.5)


@pytest.mark.parametrize(
    ("kind", "at"),
    # A shared list takes three writes: take the lock, write the list, release the lock.
    [(kind, 1) for kind in SUBJECTS] + [(kind, 2) for kind in SHARED],
)
def test_create_timeout_create(engine: KindsEngine, kind: str, at: int) -> None:
    subject = SUBJECTS[kind](engine)
    killed(engine, kind, subject.spec, engine.owner(), at=at)
    second = engine.apply(kind, subject.spec)
    assert by_hand.count(engine, kind) == 1
    assert engine.read(kind, second.physical_id).owner == engine.owner()
    assert not engine.apply(kind, subject.spec, second.physical_id).changed
    engine.destroy(kind, second.physical_id)
    assert by_hand.count(engine, kind) == 0
    assert by_hand.locks(engine) == []


@pytest.mark.parametrize("kind", REPLACED)
def test_replacement_timeout_rollback(engine: KindsEngine, kind: str) -> None:
    """CloudFormation does not know the new id: its rollback names only the specification of the new object."""
    subject = SUBJECTS[kind](engine)
    first = engine.apply(kind, subject.spec).physical_id
    killed(engine, kind, subject.replacing, engine.owner(), first, at=2 if kind in SHARED else 1)
    assert by_hand.count(engine, kind) == 2
    back = engine.apply(kind, subject.spec, first, previous=subject.replacing)
    assert back.physical_id == first
    assert by_hand.count(engine, kind) == 1
