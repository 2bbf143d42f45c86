"""What people delete or change without a deploy: the next deploy repairs it, a delete succeeds anyway."""

import pytest

from tests.contract import by_hand, kinds_engine
from tests.contract.kinds_engine import KindsEngine
from tests.contract.subjects import SUBJECTS, Subject

engine, engine_transport, provider = (
    kinds_engine.engine,
    kinds_engine.engine_transport,
    kinds_engine.provider,
)
CHANGED_BY_ANOTHER = ("Agent", "Connector")


@pytest.fixture(params=SUBJECTS)
def subject(request: pytest.FixtureRequest, engine: KindsEngine) -> Subject:
    return SUBJECTS[request.param](engine)


def test_delete_by_hand_then_update(engine: KindsEngine, subject: Subject) -> None:
    first = engine.apply(subject.kind, subject.spec)
    by_hand.delete(engine, subject.kind, first.physical_id)
    assert by_hand.count(engine, subject.kind) == 0
    second = engine.apply(subject.kind, subject.spec, first.physical_id)
    assert second.changed
    assert by_hand.count(engine, subject.kind) == 1
    assert not engine.apply(subject.kind, subject.spec, second.physical_id).changed


def test_delete_by_hand_then_delete(engine: KindsEngine, subject: Subject) -> None:
    made = engine.apply(subject.kind, subject.spec).physical_id
    by_hand.delete(engine, subject.kind, made)
    outcome = engine.destroy(subject.kind, made, previous=subject.spec)
    assert not outcome.changed
    assert "absent" in outcome.note


def test_change_by_hand_then_update(engine: KindsEngine, subject: Subject) -> None:
    """The update repairs the object in place; a connector and an agent are replaced, as for any change."""
    first = engine.apply(subject.kind, subject.spec)
    by_hand.change(engine, subject.kind, first.physical_id)
    second = engine.apply(subject.kind, subject.spec, first.physical_id)
    assert second.changed
    assert (second.physical_id != first.physical_id) == (subject.kind in CHANGED_BY_ANOTHER)
    assert not engine.apply(subject.kind, subject.spec, second.physical_id).changed
    engine.destroy(subject.kind, first.physical_id)
    assert by_hand.count(engine, subject.kind) == (subject.kind in CHANGED_BY_ANOTHER)


def test_change_by_hand_then_delete(engine: KindsEngine, subject: Subject) -> None:
    made = engine.apply(subject.kind, subject.spec).physical_id
    by_hand.change(engine, subject.kind, made)
    assert engine.destroy(subject.kind, made, previous=subject.spec).changed
    assert by_hand.count(engine, subject.kind) == 0
