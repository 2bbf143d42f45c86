"""A security role of ours: it takes effect immediately, and nobody else's role is ever changed."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from mlcommons import Client, HttpTransport, Patience
from mlcommons.errors import InvalidSpec, NotOurs, PermissionMissing
from tests.contract import kinds_engine
from tests.contract.kinds_engine import WHOLE_TEST, KindsEngine, RoleHeaders

engine, engine_transport, provider = (
    kinds_engine.engine,
    kinds_engine.engine_transport,
    kinds_engine.provider,
)

ROLES = "/_plugins/_security/api/roles"


@pytest.fixture
def index(engine: KindsEngine) -> Iterator[str]:
    name = f"{engine.stack}-passages"
    engine.client().put(f"/{name}", {})
    yield name
    engine.client().delete(f"/{name}")


def _reader(engine: KindsEngine, index: str) -> dict[str, Any]:
    permission = {"index_patterns": [index], "allowed_actions": ["read"]}
    return {"name": f"{engine.stack}-reader", "index_permissions": [permission]}


def _as_role(engine: KindsEngine, arn: str) -> Client:
    transport = HttpTransport(engine.transport.endpoint, auth=RoleHeaders(arn), verify=os.environ["OSML_TEST_CA"])
    return Client(transport, Patience(seconds=WHOLE_TEST, propagation=0))


def test_a_caller_with_a_new_role_has_only_its_permissions(engine: KindsEngine, index: str) -> None:
    arn = f"arn:aws:iam::000000000000:role/{engine.stack}"
    reader = _reader(engine, index)
    role = engine.apply("Role", reader)
    engine.apply("RoleMapping", {"role": role.physical_id, "backend_roles": [arn]}, owner=engine.owner("Mapping"))
    caller = _as_role(engine, arn)
    assert caller.post(f"/{index}/_search", {})["hits"]["total"]["value"] == 0
    for refused in (f"/{index}/_doc", "/_search"):
        with pytest.raises(PermissionMissing, match="no permissions"):
            caller.post(refused, {})
    wider = reader["index_permissions"] + [{"index_patterns": [index], "allowed_actions": ["write"]}]
    # The engine writes even a single document as a bulk, which is an action of the cluster.
    writer = reader | {"index_permissions": wider, "cluster_permissions": ["indices:data/write/bulk"]}
    engine.apply("Role", writer, role.physical_id)
    assert caller.post(f"/{index}/_doc", {})["result"] == "created"


@pytest.mark.parametrize("built_in", ["all_access", "ml_full_access", "kibana_server"])
def test_a_role_of_the_engine_is_neither_adopted_nor_changed_nor_deleted(engine: KindsEngine, built_in: str) -> None:
    before = engine.client().get(f"{ROLES}/{built_in}")
    recorder = engine.recorder()
    spec = {"name": built_in, "cluster_permissions": ["cluster_monitor"]}
    for physical_id in (None, built_in):
        with pytest.raises(NotOurs, match="belongs to no stack"):
            engine.apply("Role", spec, physical_id, transport=recorder)
    assert engine.destroy("Role", built_in, previous=spec).note == "not deleted: belongs to no stack"
    assert recorder.writes == []
    assert engine.client().get(f"{ROLES}/{built_in}") == before


def test_a_role_made_by_hand_is_not_adopted(engine: KindsEngine, index: str) -> None:
    reader = _reader(engine, index)
    engine.make_role(reader["name"])
    with pytest.raises(NotOurs):
        engine.apply("Role", reader)
    assert not engine.destroy("Role", reader["name"], previous=reader).changed
    assert engine.read("Role", reader["name"]).body["cluster_permissions"] == ["cluster_monitor"]


@pytest.mark.parametrize(
    "edit",
    [
        {"index_permissions": [{"index_patterns": ["*"], "allowed_actions": ["*"]}]},
        {"tenant_permissions": [{"tenant_patterns": ["*"], "allowed_actions": ["kibana_all_write"]}]},
        {"cluster_permissions": ["*"]},
    ],
)
def test_what_was_added_by_hand_goes(engine: KindsEngine, index: str, edit: dict[str, Any]) -> None:
    role = engine.apply("Role", _reader(engine, index)).physical_id
    shown = engine.client().get(f"{ROLES}/{role}")[role]
    body = {key: value for key, value in shown.items() if key not in ("reserved", "hidden", "static")}
    engine.client().put(f"{ROLES}/{role}", body | edit)
    assert engine.apply("Role", _reader(engine, index), role).note == f"updated {next(iter(edit))}"
    assert engine.client().get(f"{ROLES}/{role}")[role] == shown


def test_documents_left_out_by_hand_come_back(engine: KindsEngine, index: str) -> None:
    role = engine.apply("Role", _reader(engine, index)).physical_id
    shown = engine.client().get(f"{ROLES}/{role}")[role]
    narrowed = [shown["index_permissions"][0] | {"dls": '{"term": {"public": true}}'}]
    engine.client().put(f"{ROLES}/{role}", {"description": shown["description"], "index_permissions": narrowed})
    assert engine.apply("Role", _reader(engine, index), role).changed
    assert engine.client().get(f"{ROLES}/{role}")[role] == shown


@pytest.mark.parametrize(
    ("permission", "sentence"),
    [
        ({"index_patterns": ["*"], "allowed_actions": ["read"], "dls": "{}"}, "'dls' is not a field of it"),
        ({"allowed_actions": ["read"]}, "the field 'index_patterns' is missing"),
    ],
)
def test_a_wrong_permission_is_named(engine: KindsEngine, permission: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidSpec, match=sentence):
        engine.apply("Role", {"name": f"{engine.stack}-wrong", "index_permissions": [permission]})
