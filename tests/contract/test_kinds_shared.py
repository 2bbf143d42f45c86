"""Lists that others write too: we add to them, and take out what is ours and nothing else."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from mlcommons.errors import InvalidSpec, NotFound
from tests.contract import kinds_engine
from tests.contract.kinds_engine import Engine

engine, engine_transport, provider = (
    kinds_engine.engine,
    kinds_engine.engine_transport,
    kinds_engine.provider,
)

A, B, C = (f"arn:aws:iam::000000000000:role/{name}" for name in "abc")
SETTING = "plugins.ml_commons.trusted_connector_endpoints_regex"


@pytest.fixture
def role(engine: Engine) -> Iterator[str]:
    name = f"{engine.stack}-shared"
    engine.make_role(name)
    yield name
    with contextlib.suppress(NotFound):
        engine.client().delete(f"/_plugins/_security/api/rolesmapping/{name}")


def _mapping(engine: Engine, role: str) -> Any:
    answer = engine.client().find(f"/_plugins/_security/api/rolesmapping/{role}")
    return answer and answer[role]


def _map(engine: Engine, role: str, *arns: str) -> None:
    engine.client().put(f"/_plugins/_security/api/rolesmapping/{role}", {"backend_roles": list(arns)})


def _real(entries: list[str]) -> set[str]:
    return {entry for entry in entries if not entry.startswith("osml:")}


def _wants(role: str, *arns: str) -> dict[str, Any]:
    return {"role": role, "backend_roles": list(arns)}


def test_what_was_there_stays(engine: Engine, role: str) -> None:
    _map(engine, role, A, B)
    made = engine.apply("RoleMapping", _wants(role, B, C))
    assert _real(_mapping(engine, role)["backend_roles"]) == {A, B, C}
    engine.destroy("RoleMapping", made.physical_id)
    assert _mapping(engine, role)["backend_roles"] == [A, B]


def test_two_owners_of_one_role(engine: Engine, role: str) -> None:
    one, two = engine.owner("One"), engine.owner("Two")
    first = engine.apply("RoleMapping", _wants(role, A, B), owner=one)
    second = engine.apply("RoleMapping", _wants(role, B, C), owner=two)
    engine.destroy("RoleMapping", first.physical_id, owner=one)
    assert _real(_mapping(engine, role)["backend_roles"]) == {B, C}
    engine.destroy("RoleMapping", second.physical_id, owner=two)
    assert _mapping(engine, role) is None


def test_a_mapping_that_was_there_is_not_deleted(engine: Engine, role: str) -> None:
    engine.client().put(f"/_plugins/_security/api/rolesmapping/{role}", {"users": ["someone"]})
    made = engine.apply("RoleMapping", _wants(role, A))
    engine.destroy("RoleMapping", made.physical_id)
    mapping = _mapping(engine, role)
    assert mapping["users"] == ["someone"]
    assert mapping["backend_roles"] == []


def test_a_role_taken_out_by_hand_comes_back(engine: Engine, role: str) -> None:
    made = engine.apply("RoleMapping", _wants(role, A))
    marks = [entry for entry in _mapping(engine, role)["backend_roles"] if entry != A]
    _map(engine, role, *marks)
    assert engine.apply("RoleMapping", _wants(role, A), made.physical_id).changed
    assert _real(_mapping(engine, role)["backend_roles"]) == {A}


def test_an_unknown_role_is_refused_in_a_sentence(engine: Engine) -> None:
    with pytest.raises(InvalidSpec, match="Create the role first"):
        engine.apply("RoleMapping", _wants(f"{engine.stack}-no-such-role", A))


def _setting(engine: Engine) -> tuple[str, list[str]]:
    answer = engine.client().get("/_cluster/settings", include_defaults="true", flat_settings="true")
    return next((layer, answer[layer][SETTING]) for layer in ("persistent", "defaults") if SETTING in answer[layer])


@pytest.fixture
def setting(engine: Engine) -> Iterator[list[str]]:
    """The list as it is without us: unset, or what the engine's other users made of it."""
    layer, before = _setting(engine)
    yield before
    value = before if layer == "persistent" else None
    engine.client().put("/_cluster/settings", {"persistent": {SETTING: value}})


def test_the_defaults_stay_and_come_back(engine: Engine, setting: list[str]) -> None:
    engine.client().put("/_cluster/settings", {"persistent": {SETTING: None}})
    _, defaults = _setting(engine)
    made = engine.apply("TrustedEndpoints", {"patterns": [r"^https://chat\.example\.com/.*$"]})
    layer, during = _setting(engine)
    assert layer == "persistent"
    assert set(defaults) < set(during)
    engine.destroy("TrustedEndpoints", made.physical_id)
    assert _setting(engine) == ("defaults", defaults)


def test_two_owners_of_one_endpoint(engine: Engine, setting: list[str]) -> None:
    pattern = rf"^https://{engine.stack}\.example\.com/.*$"
    theirs = ["^https://theirs/.*$", pattern, *setting]
    engine.client().put("/_cluster/settings", {"persistent": {SETTING: theirs}})
    one, two = engine.owner("One"), engine.owner("Two")
    first = engine.apply("TrustedEndpoints", {"patterns": [pattern]}, owner=one)
    second = engine.apply("TrustedEndpoints", {"patterns": [pattern]}, owner=two)
    engine.destroy("TrustedEndpoints", first.physical_id, owner=one)
    assert engine.read("TrustedEndpoints", second.physical_id, owner=two).body == {pattern}
    engine.destroy("TrustedEndpoints", second.physical_id, owner=two)
    assert _setting(engine) == ("persistent", theirs)


def test_a_trusted_endpoint_is_trusted(engine: Engine, setting: list[str]) -> None:
    """The engine accepts an entry with its mark as the regular expression it is."""
    engine.client().put("/_cluster/settings", {"persistent": {SETTING: ["^https://only-this/.*$"]}})
    engine.apply("TrustedEndpoints", {"patterns": [f"^{engine.provider}/.*$"]}, owner=engine.owner("Trust"))
    assert engine.apply("Connector", {"connector": engine.connector()}).changed
