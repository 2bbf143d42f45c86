"""Every kind goes through the same pairs of events, on a real engine.

The rest of the pairs: `test_kinds_killed` (create_timeout_create), `test_kinds_rollback` (update_rollback),
`test_kinds_by_hand` (delete_by_hand_then_…), `test_kinds_shared` (two_owners_shared_list).
"""

from typing import Any

import pytest

from mlcommons import Owner
from mlcommons.errors import NotOurs, Unanswered
from mlcommons.transport import Request, is_write
from tests.contract import by_hand, kinds_engine
from tests.contract.kinds_engine import KindsEngine
from tests.contract.subjects import NAMED, REPLACED, SHARED, SUBJECTS, UPDATED_IN_PLACE, WITH_SERVER_IDS, Subject

engine, engine_transport, provider = (
    kinds_engine.engine,
    kinds_engine.engine_transport,
    kinds_engine.provider,
)

OTHER = Owner("kernel-someone-else", "Other")
# Requests to make an object: look for it, write it, read it. More requests of some kinds: a shared list takes and
# releases a lock, and is read inside it; the trusted endpoints are also read before, because they may need no lock. A
# model gets a prediction, and stand-ins for its connector are searched before; the reads until it is deployed are not
# counted. An index reads the engine's version. An audit log is written as a whole, so its other fields are read first.
# Before an agent is made, the engine's tools are read.
LOOK_WRITE_READ = 3
CREATES = {"Agent": 4, "AuditLog": 4, "RoleMapping": 6, "TrustedEndpoints": 7, "Model": 4, "Index": 4}


@pytest.fixture(params=SUBJECTS)
def subject(request: pytest.FixtureRequest, engine: KindsEngine) -> Subject:
    return SUBJECTS[request.param](engine)


def test_create_read(engine: KindsEngine, subject: Subject) -> None:
    recorder = engine.recorder()
    outcome = engine.apply(subject.kind, subject.spec, transport=recorder)
    observed = engine.read(subject.kind, outcome.physical_id)
    assert outcome.changed
    assert outcome.data == {"Id": outcome.physical_id}
    assert observed.owner == engine.owner()
    assert by_hand.count(engine, subject.kind) == 1
    counted = [request for request in recorder.requests if subject.kind != "Model" or request.method != "GET"]
    assert len(counted) <= CREATES.get(subject.kind, LOOK_WRITE_READ)


def test_create_create_adopts(engine: KindsEngine, subject: Subject) -> None:
    first = engine.apply(subject.kind, subject.spec)
    second = engine.apply(subject.kind, subject.spec)
    assert second.physical_id == first.physical_id
    assert not second.changed
    assert by_hand.count(engine, subject.kind) == 1


@pytest.mark.parametrize("kind", NAMED)
def test_create_create_of_another_owner(engine: KindsEngine, kind: str) -> None:
    subject = SUBJECTS[kind](engine)
    first = engine.apply(kind, subject.spec)
    with pytest.raises(NotOurs, match=str(engine.owner())) as refusal:
        engine.apply(kind, subject.spec, owner=OTHER)
    assert first.physical_id in str(refusal.value)
    assert engine.read(kind, first.physical_id).owner == engine.owner()
    assert by_hand.count(engine, kind, OTHER) == 0


@pytest.mark.parametrize("kind", WITH_SERVER_IDS)
def test_update_of_another_owners_object(engine: KindsEngine, kind: str) -> None:
    subject = SUBJECTS[kind](engine)
    first = engine.apply(kind, subject.spec)
    with pytest.raises(NotOurs, match=first.physical_id):
        engine.apply(kind, subject.spec, first.physical_id, owner=OTHER)
    assert not engine.destroy(kind, first.physical_id, owner=OTHER).changed
    assert engine.read(kind, first.physical_id) is not None


@pytest.mark.parametrize("kind", SHARED)
def test_create_create_of_another_owner_of_a_list(engine: KindsEngine, kind: str) -> None:
    """Entries of a list cannot collide: another owner has its own entry, which our id does not reach."""
    subject = SUBJECTS[kind](engine)
    first = engine.apply(kind, subject.spec)
    second = engine.apply(kind, subject.spec, first.physical_id, owner=OTHER)
    assert second.physical_id != first.physical_id
    assert not engine.destroy(kind, first.physical_id, owner=OTHER).changed
    assert engine.destroy(kind, second.physical_id, owner=OTHER).changed
    assert not engine.apply(kind, subject.spec, first.physical_id).changed
    assert by_hand.count(engine, kind, OTHER) == 0


def test_create_timeout_create_in_one_invocation(engine: KindsEngine, subject: Subject) -> None:
    """The answer to the create is lost and the function lives: the same invocation finds the object that it made."""
    recorder = engine.recorder()
    recorder.error, recorder.lose = Unanswered, is_write
    first = engine.apply(subject.kind, subject.spec, transport=recorder)
    second = engine.apply(subject.kind, subject.spec)
    assert recorder.error is None, "no answer was lost"
    assert second.physical_id == first.physical_id
    assert not second.changed


@pytest.mark.parametrize("kind", WITH_SERVER_IDS)
def test_create_timeout_delete(engine: KindsEngine, kind: str) -> None:
    """The function is killed during its create: the delete comes without an id of the server."""
    subject = SUBJECTS[kind](engine)
    engine.apply(kind, subject.spec)
    outcome = engine.destroy(kind, None, previous=subject.spec)
    assert outcome.changed
    assert by_hand.count(engine, kind) == 0


def test_update_noop(engine: KindsEngine, subject: Subject) -> None:
    first = engine.apply(subject.kind, subject.spec)
    recorder = engine.recorder()
    second = engine.apply(subject.kind, subject.spec, first.physical_id, transport=recorder, previous=subject.spec)
    assert second.physical_id == first.physical_id
    assert not second.changed
    assert recorder.writes == []
    assert len(recorder.requests) == 1


def test_update_noop_of_an_unknown_past(engine: KindsEngine) -> None:
    """Without a previous specification, nothing shows that the model has answered before: it gets a prediction."""
    subject = SUBJECTS["Model"](engine)
    first = engine.apply("Model", subject.spec)
    recorder = engine.recorder()
    engine.apply("Model", subject.spec, first.physical_id, transport=recorder)
    assert recorder.writes == []
    assert [request.path.rsplit("/", 1)[-1] for request in recorder.requests] == [first.physical_id, "_predict"]


@pytest.mark.parametrize("kind", UPDATED_IN_PLACE)
def test_update_in_place(engine: KindsEngine, kind: str) -> None:
    subject = SUBJECTS[kind](engine)
    assert subject.in_place
    first = engine.apply(kind, subject.spec)
    second = engine.apply(kind, subject.in_place, first.physical_id)
    recorder = engine.recorder()
    third = engine.apply(kind, subject.in_place, first.physical_id, transport=recorder)
    assert second.physical_id == first.physical_id
    assert second.changed
    assert not third.changed
    assert recorder.writes == []


@pytest.mark.parametrize("kind", REPLACED)
def test_update_replace(engine: KindsEngine, kind: str) -> None:
    subject = SUBJECTS[kind](engine)
    assert subject.replacing
    first = engine.apply(kind, subject.spec)
    second = engine.apply(kind, subject.replacing, first.physical_id)
    assert second.physical_id != first.physical_id
    assert engine.read(kind, first.physical_id) is not None
    engine.destroy(kind, first.physical_id)
    assert engine.read(kind, first.physical_id) is None
    assert engine.read(kind, second.physical_id) is not None
    assert by_hand.count(engine, kind) == 1


def test_update_without_create(engine: KindsEngine, subject: Subject) -> None:
    outcome = engine.apply(subject.kind, subject.spec, "kernel_Thing_ABCDEFGH")
    assert engine.read(subject.kind, outcome.physical_id).owner == engine.owner()
    assert by_hand.count(engine, subject.kind) == 1


def test_delete_delete(engine: KindsEngine, subject: Subject) -> None:
    made = engine.apply(subject.kind, subject.spec).physical_id
    first = engine.destroy(subject.kind, made)
    second = engine.destroy(subject.kind, made)
    assert first.changed
    assert by_hand.count(engine, subject.kind) == 0
    assert not second.changed
    assert "absent" in second.note


@pytest.mark.parametrize("unknown", ["kernel_Thing_ABCDEFGH", "aaaaaaaaaaaaaaaaaaaa", "*", "_all"])
@pytest.mark.parametrize("kind", SUBJECTS)
def test_delete_unknown_id(engine: KindsEngine, kind: str, unknown: str) -> None:
    recorder = engine.recorder()
    outcome = engine.destroy(kind, unknown)
    assert not outcome.changed
    assert "absent" in outcome.note
    assert recorder.writes == []


def test_writes_are_counted(engine: KindsEngine) -> None:
    recorder = engine.recorder()
    spec: dict[str, Any] = {"name": f"{engine.stack} counted"}
    engine.apply("ModelGroup", spec, transport=recorder)
    assert recorder.writes == ["POST /_plugins/_ml/model_groups/_register"]
    assert not is_write(Request("POST", "/_plugins/_ml/models/x/_predict"))
