"""Lists that others write, too: we add our entries, and remove only those."""

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from mlcommons.errors import InvalidSpec, NotFound
from tests.contract import kinds_engine
from tests.contract.kinds_engine import KindsEngine

engine, engine_transport, provider = (
    kinds_engine.engine,
    kinds_engine.engine_transport,
    kinds_engine.provider,
)

A, B, C = (f"arn:aws:iam::000000000000:role/{name}" for name in "abc")
SETTING = "plugins.ml_commons.trusted_connector_endpoints_regex"


@pytest.fixture
def role(engine: KindsEngine) -> Iterator[str]:
    name = f"{engine.stack}-shared"
    engine.make_role(name)
    yield name
    with contextlib.suppress(NotFound):
        engine.client().delete(f"/_plugins/_security/api/rolesmapping/{name}")


def _mapping(engine: KindsEngine, role: str) -> Any:
    answer = engine.client().find(f"/_plugins/_security/api/rolesmapping/{role}")
    return answer and answer[role]


def _map(engine: KindsEngine, role: str, *arns: str) -> None:
    engine.client().put(f"/_plugins/_security/api/rolesmapping/{role}", {"backend_roles": list(arns)})


def _real(entries: list[str]) -> set[str]:
    return {entry for entry in entries if not entry.startswith("osml:")}


def _wants(role: str, *arns: str) -> dict[str, Any]:
    return {"role": role, "backend_roles": list(arns)}


def test_what_was_there_stays(engine: KindsEngine, role: str) -> None:
    _map(engine, role, A, B)
    made = engine.apply("RoleMapping", _wants(role, B, C))
    assert _real(_mapping(engine, role)["backend_roles"]) == {A, B, C}
    engine.destroy("RoleMapping", made.physical_id)
    assert _mapping(engine, role)["backend_roles"] == [A, B]


def test_two_owners_of_one_role(engine: KindsEngine, role: str) -> None:
    first_owner, second_owner = engine.owner("One"), engine.owner("Two")
    first = engine.apply("RoleMapping", _wants(role, A, B), owner=first_owner)
    second = engine.apply("RoleMapping", _wants(role, B, C), owner=second_owner)
    engine.destroy("RoleMapping", first.physical_id, owner=first_owner)
    assert _real(_mapping(engine, role)["backend_roles"]) == {B, C}
    engine.destroy("RoleMapping", second.physical_id, owner=second_owner)
    assert _mapping(engine, role) is None


def test_a_mapping_that_was_there_is_not_deleted(engine: KindsEngine, role: str) -> None:
    engine.client().put(f"/_plugins/_security/api/rolesmapping/{role}", {"users": ["someone"]})
    made = engine.apply("RoleMapping", _wants(role, A))
    engine.destroy("RoleMapping", made.physical_id)
    mapping = _mapping(engine, role)
    assert mapping["users"] == ["someone"]
    assert mapping["backend_roles"] == []


def test_a_role_removed_by_hand_is_restored(engine: KindsEngine, role: str) -> None:
    made = engine.apply("RoleMapping", _wants(role, A))
    marks = [entry for entry in _mapping(engine, role)["backend_roles"] if entry != A]
    _map(engine, role, *marks)
    assert engine.apply("RoleMapping", _wants(role, A), made.physical_id).changed
    assert _real(_mapping(engine, role)["backend_roles"]) == {A}


def test_an_unknown_role_is_refused_in_a_sentence(engine: KindsEngine) -> None:
    with pytest.raises(InvalidSpec, match="Create the role first"):
        engine.apply("RoleMapping", _wants(f"{engine.stack}-no-such-role", A))


def _setting(engine: KindsEngine) -> tuple[str, list[str]]:
    answer = engine.client().get("/_cluster/settings", include_defaults="true", flat_settings="true")
    return next((layer, answer[layer][SETTING]) for layer in ("persistent", "defaults") if SETTING in answer[layer])


@pytest.fixture
def setting(engine: KindsEngine) -> Iterator[list[str]]:
    """The list without our entries: unset, or as the engine's other users have set it."""
    layer, before = _setting(engine)
    yield before
    value = before if layer == "persistent" else None
    engine.client().put("/_cluster/settings", {"persistent": {SETTING: value}})


def test_the_defaults_stay_and_come_back(engine: KindsEngine, setting: list[str]) -> None:
    engine.client().put("/_cluster/settings", {"persistent": {SETTING: None}})
    _, defaults = _setting(engine)
    made = engine.apply("TrustedEndpoints", {"patterns": [r"^https://chat\.example\.com/.*$"]})
    layer, during = _setting(engine)
    assert layer == "persistent"
    assert set(defaults) < set(during)
    engine.destroy("TrustedEndpoints", made.physical_id)
    assert _setting(engine) == ("defaults", defaults)


def test_two_owners_of_one_endpoint(engine: KindsEngine, setting: list[str]) -> None:
    """Each owner writes its own entry, because the other owner's entry is removed with its owner."""
    pattern = rf"^https://{engine.stack}\.example\.com/.*$"
    first_owner, second_owner = engine.owner("One"), engine.owner("Two")
    first = engine.apply("TrustedEndpoints", {"patterns": [pattern]}, owner=first_owner)
    second = engine.apply("TrustedEndpoints", {"patterns": [pattern]}, owner=second_owner)
    engine.destroy("TrustedEndpoints", first.physical_id, owner=first_owner)
    assert engine.read("TrustedEndpoints", second.physical_id, owner=second_owner).body == {"patterns": {pattern}}
    assert sum(pattern in entry for entry in _setting(engine)[1]) == 1
    engine.destroy("TrustedEndpoints", second.physical_id, owner=second_owner)
    assert _setting(engine) == ("defaults", setting)


@pytest.mark.parametrize("is_set", [False, True], ids=["defaults", "set"])
def test_a_host_that_is_trusted_already_is_not_written(engine: KindsEngine, setting: list[str], is_set: bool) -> None:
    """A list that is set does not follow newer defaults. When it loses the entry for the host, ours is written."""
    theirs = [r"^https://chat\..*\.example\.com/.*$"] if is_set else None
    engine.client().put("/_cluster/settings", {"persistent": {SETTING: theirs}})
    before = _setting(engine)
    host = "chat.one.example.com" if is_set else "bedrock-runtime.eu-central-1.amazonaws.com"
    spec = {"patterns": [f"^https://{re.escape(host)}/.*$"]}
    recorder = engine.recorder()
    made = engine.apply("TrustedEndpoints", spec, transport=recorder)
    assert made.changed
    assert recorder.writes == []
    assert _setting(engine) == before
    again = engine.apply("TrustedEndpoints", spec, made.physical_id)
    assert (again.physical_id, again.changed) == (made.physical_id, False)

    replaced = ["^https://only-this/.*$"]
    engine.client().put("/_cluster/settings", {"persistent": {SETTING: replaced}})
    mended = engine.apply("TrustedEndpoints", spec, made.physical_id, previous=spec)
    assert (mended.physical_id, mended.changed) == (made.physical_id, True)
    assert len(_setting(engine)[1]) == 2
    assert not engine.apply("TrustedEndpoints", spec, made.physical_id).changed
    engine.destroy("TrustedEndpoints", made.physical_id)
    assert _setting(engine) == ("persistent", replaced)


def test_nothing_is_given_back_that_was_not_added(engine: KindsEngine, setting: list[str]) -> None:
    theirs = [rf"^https://{engine.stack}\.example\.com/.*$"]
    engine.client().put("/_cluster/settings", {"persistent": {SETTING: theirs}})
    made = engine.apply("TrustedEndpoints", {"patterns": theirs})
    recorder = engine.recorder()
    engine.destroy("TrustedEndpoints", made.physical_id, client=engine.client(recorder))
    assert recorder.writes == []
    assert _setting(engine) == ("persistent", theirs)


def test_a_trusted_endpoint_is_trusted(engine: KindsEngine, setting: list[str]) -> None:
    """The engine accepts an entry with its mark: the entry is a valid regular expression."""
    engine.client().put("/_cluster/settings", {"persistent": {SETTING: ["^https://only-this/.*$"]}})
    engine.apply("TrustedEndpoints", {"patterns": [f"^{engine.provider}/.*$"]}, owner=engine.owner("Trust"))
    assert engine.apply("Connector", {"connector": engine.connector()}).changed
