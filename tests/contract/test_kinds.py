"""Every kind through the same pairs of events, on a real engine."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from mlcommons import Owner
from mlcommons.errors import NotOurs, Unanswered
from mlcommons.transport import Request, is_write
from tests.contract import kinds_engine
from tests.contract.kinds_engine import DIMENSION, Engine

engine, engine_transport, provider = (
    kinds_engine.engine,
    kinds_engine.engine_transport,
    kinds_engine.provider,
)

OTHER = Owner("kernel-someone-else", "Other")
PROBE = {"parameters": {"input": "hello"}}


@dataclass(frozen=True)
class Subject:
    """A kind with a specification, one that is changed in place, and one that asks for a new object."""

    kind: str
    spec: dict[str, Any]
    in_place: dict[str, Any] | None = None
    replacing: dict[str, Any] | None = None
    by_name: bool = False


def _role(engine: Engine) -> Subject:
    name = f"{engine.stack}-role"
    permission = {"index_patterns": ["passages", "notes-*"], "allowed_actions": ["read", "indices:data/write/*"]}
    spec = {"name": name, "cluster_permissions": ["cluster_monitor", "cluster_composite_ops"]}
    return Subject(
        "Role",
        spec | {"description": "First", "index_permissions": [permission]},
        spec | {"index_permissions": [permission, permission | {"allowed_actions": ["search"]}]},
        spec | {"name": f"{name}-2"},
        by_name=True,
    )


def _role_mapping(engine: Engine) -> Subject:
    role = f"{engine.stack}-role"
    engine.make_role(role)
    engine.make_role(f"{role}-2")
    return Subject(
        "RoleMapping",
        {"role": role, "backend_roles": ["arn:aws:iam::1:role/a"]},
        {"role": role, "backend_roles": ["arn:aws:iam::1:role/a", "arn:aws:iam::1:role/b"]},
        {"role": f"{role}-2", "backend_roles": ["arn:aws:iam::1:role/a"]},
    )


def _trusted_endpoints(engine: Engine) -> Subject:
    pattern = rf"^https://{engine.stack}\.example\.com/.*$"
    return Subject("TrustedEndpoints", {"patterns": [pattern]}, {"patterns": [pattern, "^https://two/.*$"]})


def _connector(engine: Engine) -> Subject:
    return Subject(
        "Connector",
        {"connector": engine.connector()},
        replacing={"connector": engine.connector(parameters={"model": "other"})},
    )


def _model_group(engine: Engine) -> Subject:
    return Subject(
        "ModelGroup",
        {"name": f"{engine.stack} group", "description": "First"},
        {"name": f"{engine.stack} group renamed", "description": "Second"},
        by_name=True,
    )


def _model(engine: Engine) -> Subject:
    group = engine.apply("ModelGroup", {"name": f"{engine.stack} group"}, owner=engine.owner("Group"))
    spec = {"name": f"{engine.stack} model", "model_group_id": group.physical_id, "probe": PROBE}
    old, new = (
        engine.apply("Connector", {"connector": engine.connector(version=version)}, owner=engine.owner(name))
        for name, version in (("Old", "1"), ("New", "2"))
    )
    return Subject("Model", spec | {"connector_id": old.physical_id}, spec | {"connector_id": new.physical_id})


def _pipeline(kind: str, section: str) -> Callable[[Engine], Subject]:
    def subject(engine: Engine) -> Subject:
        name = f"{engine.stack}-pipeline"
        first = {"description": "First", section: []}
        return Subject(
            kind,
            {"name": name, "pipeline": first},
            {"name": name, "pipeline": first | {"description": "Second"}},
            {"name": f"{name}-2", "pipeline": first},
            by_name=True,
        )

    return subject


def _index(engine: Engine) -> Subject:
    name = f"{engine.stack}-index"
    vector = {
        "type": "knn_vector",
        "dimension": DIMENSION,
        "method": {"name": "hnsw", "engine": "lucene", "space_type": "l2"},
    }
    body: dict[str, Any] = {
        "settings": {"index": {"knn": True, "number_of_replicas": 0}},
        "mappings": {"properties": {"embedding": vector, "text": {"type": "text", "index": True}}},
    }
    wider = copy.deepcopy(body)
    wider["mappings"]["properties"]["title"] = {"type": "keyword", "ignore_above": 100}
    wider["settings"]["index"]["refresh_interval"] = "5s"
    return Subject(
        "Index",
        {"name": name, "body": body},
        {"name": name, "body": wider},
        {"name": f"{name}-2", "body": body},
        by_name=True,
    )


SUBJECTS: dict[str, Callable[[Engine], Subject]] = {
    "Role": _role,
    "RoleMapping": _role_mapping,
    "TrustedEndpoints": _trusted_endpoints,
    "Connector": _connector,
    "ModelGroup": _model_group,
    "Model": _model,
    "IngestPipeline": _pipeline("IngestPipeline", "processors"),
    "SearchPipeline": _pipeline("SearchPipeline", "request_processors"),
    "Index": _index,
}
UPDATED_IN_PLACE = [name for name in SUBJECTS if name != "Connector"]
REPLACED = ["Role", "RoleMapping", "Connector", "IngestPipeline", "SearchPipeline", "Index"]
NAMED = ["Role", "ModelGroup", "IngestPipeline", "SearchPipeline", "Index"]
WITH_SERVER_IDS = ["Connector", "ModelGroup", "Model"]


@pytest.fixture(params=SUBJECTS)
def subject(request: pytest.FixtureRequest, engine: Engine) -> Subject:
    return SUBJECTS[request.param](engine)


def test_create_read(engine: Engine, subject: Subject) -> None:
    outcome = engine.apply(subject.kind, subject.spec)
    observed = engine.read(subject.kind, outcome.physical_id)
    assert outcome.changed
    assert outcome.data == {"Id": outcome.physical_id}
    assert observed.owner == engine.owner()


def test_create_create_adopts(engine: Engine, subject: Subject) -> None:
    first = engine.apply(subject.kind, subject.spec)
    second = engine.apply(subject.kind, subject.spec)
    assert second.physical_id == first.physical_id
    assert not second.changed


@pytest.mark.parametrize("kind", NAMED)
def test_create_create_of_another_owner(engine: Engine, kind: str) -> None:
    subject = SUBJECTS[kind](engine)
    first = engine.apply(kind, subject.spec)
    with pytest.raises(NotOurs, match=str(engine.owner())) as refusal:
        engine.apply(kind, subject.spec, owner=OTHER)
    assert first.physical_id in str(refusal.value)
    assert engine.read(kind, first.physical_id).owner == engine.owner()


@pytest.mark.parametrize("kind", WITH_SERVER_IDS)
def test_update_of_another_owners_object(engine: Engine, kind: str) -> None:
    subject = SUBJECTS[kind](engine)
    first = engine.apply(kind, subject.spec)
    with pytest.raises(NotOurs, match=first.physical_id):
        engine.apply(kind, subject.spec, first.physical_id, owner=OTHER)
    assert not engine.destroy(kind, first.physical_id, owner=OTHER).changed
    assert engine.read(kind, first.physical_id) is not None


def test_update_noop(engine: Engine, subject: Subject) -> None:
    first = engine.apply(subject.kind, subject.spec)
    recorder = engine.recorder()
    second = engine.apply(subject.kind, subject.spec, first.physical_id, transport=recorder)
    assert second.physical_id == first.physical_id
    assert not second.changed
    assert recorder.writes == []
    assert len(recorder.requests) <= 3


@pytest.mark.parametrize("kind", UPDATED_IN_PLACE)
def test_update_in_place(engine: Engine, kind: str) -> None:
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
def test_update_replace(engine: Engine, kind: str) -> None:
    subject = SUBJECTS[kind](engine)
    assert subject.replacing
    first = engine.apply(kind, subject.spec)
    second = engine.apply(kind, subject.replacing, first.physical_id)
    assert second.physical_id != first.physical_id
    assert engine.read(kind, first.physical_id) is not None
    engine.destroy(kind, first.physical_id)
    assert engine.read(kind, first.physical_id) is None
    assert engine.read(kind, second.physical_id) is not None


@pytest.mark.parametrize("kind", REPLACED)
def test_update_replace_and_back(engine: Engine, kind: str) -> None:
    """A rolled back replacement finds the old object again instead of making a third."""
    subject = SUBJECTS[kind](engine)
    first = engine.apply(kind, subject.spec)
    second = engine.apply(kind, subject.replacing, first.physical_id)
    third = engine.apply(kind, subject.spec, second.physical_id)
    assert third.physical_id == first.physical_id


def test_update_without_create(engine: Engine, subject: Subject) -> None:
    outcome = engine.apply(subject.kind, subject.spec, "kernel_Thing_ABCDEFGH")
    assert engine.read(subject.kind, outcome.physical_id).owner == engine.owner()


def test_delete_delete(engine: Engine, subject: Subject) -> None:
    made = engine.apply(subject.kind, subject.spec).physical_id
    first = engine.destroy(subject.kind, made)
    second = engine.destroy(subject.kind, made)
    assert first.changed
    assert engine.read(subject.kind, made) is None
    assert not second.changed
    assert "absent" in second.note


@pytest.mark.parametrize("unknown", ["kernel_Thing_ABCDEFGH", "aaaaaaaaaaaaaaaaaaaa", "*", "_all"])
@pytest.mark.parametrize("kind", SUBJECTS)
def test_delete_unknown_id(engine: Engine, kind: str, unknown: str) -> None:
    recorder = engine.recorder()
    outcome = engine.destroy(kind, unknown)
    assert not outcome.changed
    assert "absent" in outcome.note
    assert recorder.writes == []


def test_delete_by_hand_then_update(engine: Engine, subject: Subject) -> None:
    first = engine.apply(subject.kind, subject.spec)
    engine.destroy(subject.kind, first.physical_id)
    second = engine.apply(subject.kind, subject.spec, first.physical_id)
    assert second.changed
    assert engine.read(subject.kind, second.physical_id) is not None


def test_create_timeout_create(engine: Engine, subject: Subject) -> None:
    """The answer to the create is lost: the invocation itself finds what it made."""
    recorder = engine.recorder()
    recorder.error, recorder.lose = Unanswered, is_write
    first = engine.apply(subject.kind, subject.spec, transport=recorder)
    second = engine.apply(subject.kind, subject.spec)
    assert recorder.error is None, "no answer was lost"
    assert second.physical_id == first.physical_id
    assert not second.changed


@pytest.mark.parametrize("kind", WITH_SERVER_IDS)
def test_create_timeout_delete(engine: Engine, kind: str) -> None:
    """The function dies with its create: the delete comes with an id that crhelper made up."""
    subject = SUBJECTS[kind](engine)
    made = engine.apply(kind, subject.spec).physical_id
    outcome = engine.destroy(kind, f"{engine.stack}_Thing_AB12CD34", previous=subject.spec)
    assert outcome.changed
    assert engine.read(kind, made) is None


def test_writes_are_counted(engine: Engine) -> None:
    recorder = engine.recorder()
    engine.apply("ModelGroup", {"name": f"{engine.stack} counted"}, transport=recorder)
    assert recorder.writes == ["POST /_plugins/_ml/model_groups/_register"]
    assert not is_write(Request("POST", "/_plugins/_ml/models/x/_predict"))
