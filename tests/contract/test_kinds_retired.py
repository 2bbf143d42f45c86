"""The engine's false "still in use" of a connector: provoked here, tolerated by deletes, and removed by a sweep.

It occurs when the id of a connector and that of a connector in use, both split at hyphens, have a part in common.
"""

import secrets
from typing import Any

import pytest

from mlcommons import retired
from mlcommons.errors import Conflict
from tests.contract import kinds_engine
from tests.contract.alike import alike_connector, model_on
from tests.contract.kinds_engine import KindsEngine

engine, engine_transport, provider = (
    kinds_engine.engine,
    kinds_engine.engine_transport,
    kinds_engine.provider,
)


@pytest.fixture
def token() -> str:
    return secrets.token_hex(4)


def _groups(engine: KindsEngine, connector_id: str) -> list[Any]:
    query = {"query": {"match_phrase": {"name": f"Retired connector {connector_id}"}}}
    hits = engine.client().post("/_plugins/_ml/model_groups/_search", query)["hits"]["hits"]
    return [hit["_source"] for hit in hits]


def test_a_false_in_use_fails_nobody_and_is_swept_later(engine: KindsEngine, token: str) -> None:
    model = model_on(engine, alike_connector(engine, "Used", token))
    old, owner = alike_connector(engine, "Old", token), engine.owner("Old")
    with pytest.raises(Conflict, match=model):
        engine.client().delete(f"/_plugins/_ml/connectors/{old}", once=True)
    outcome = engine.destroy("Connector", old, owner)
    assert outcome.note.startswith("retired")
    assert [group["description"] for group in _groups(engine, old)] == [
        f"Deleted with its connector by osml (osml:{owner})"
    ]
    assert engine.destroy("Connector", old, owner).note == outcome.note
    assert len(_groups(engine, old)) == 1
    assert old not in retired.sweep(engine.client())
    engine.destroy("Model", model, engine.owner("Model"))
    assert old in retired.sweep(engine.client())
    assert engine.read("Connector", old, owner) is None
    assert _groups(engine, old) == []


def test_a_delete_of_another_connector_sweeps(engine: KindsEngine, token: str) -> None:
    model = model_on(engine, alike_connector(engine, "Used", token))
    old, owner = alike_connector(engine, "Old", token), engine.owner("Old")
    engine.destroy("Connector", old, owner)
    engine.destroy("Model", model, engine.owner("Model"))
    other = engine.apply("Connector", {"connector": engine.connector()}, owner=engine.owner("Other"))
    engine.destroy("Connector", other.physical_id, engine.owner("Other"))
    assert engine.read("Connector", old, owner) is None
    assert _groups(engine, old) == []


def test_a_retired_connector_is_not_adopted(engine: KindsEngine, token: str) -> None:
    model_on(engine, alike_connector(engine, "Used", token))
    old, owner = alike_connector(engine, "Old", token), engine.owner("Old")
    engine.destroy("Connector", old, owner)
    again = engine.apply("Connector", {"connector": engine.connector()}, owner=owner)
    assert again.changed
    assert again.physical_id != old


def test_what_a_model_uses_is_never_swept(engine: KindsEngine, token: str) -> None:
    used, owner = alike_connector(engine, "Used", token), engine.owner("Used")
    model = model_on(engine, used)
    retired.retire(engine.client(), used, owner)
    recorder = engine.recorder()
    assert used not in retired.sweep(engine.client(recorder))
    assert not [write for write in recorder.writes if used in write]
    with pytest.raises(Conflict, match=model):
        engine.destroy("Connector", used, owner, client=engine.hasty())
    engine.destroy("Model", model, engine.owner("Model"))
    assert used in retired.sweep(engine.client())


def test_a_group_of_that_name_that_is_not_ours_retires_nothing(engine: KindsEngine) -> None:
    owner = engine.owner("Free")
    free = engine.apply("Connector", {"connector": engine.connector()}, owner=owner).physical_id
    for number, mark in enumerate(("made by hand", f"(osml:{engine.owner('Other')})")):
        body = {"name": f"Retired connector {free}{' ' * number}", "description": mark}
        group = engine.client().post("/_plugins/_ml/model_groups/_register", body)["model_group_id"]
        assert free not in retired.sweep(engine.client())
        engine.client().delete(f"/_plugins/_ml/model_groups/{group}")
    assert engine.read("Connector", free, owner) is not None
