"""What makes a kind work, or reports in a sentence why it does not, on a real engine."""

import copy
from typing import Any

import pytest

from mlcommons.errors import Conflict, InvalidSpec, PermissionMissing, ProvisioningError, Rejected
from mlcommons.moving import move
from tests.contract import by_hand, kinds_engine
from tests.contract.kinds_engine import DIMENSION, KindsEngine

engine, engine_transport, provider = (
    kinds_engine.engine,
    kinds_engine.engine_transport,
    kinds_engine.provider,
)

PROBE = {"parameters": {"input": "hello"}}


def _connector(engine: KindsEngine, path: str, name: str) -> str:
    return engine.apply("Connector", {"connector": engine.connector(path)}, owner=engine.owner(name)).physical_id


def _model_spec(engine: KindsEngine, connector_id: str) -> dict[str, Any]:
    group = engine.apply("ModelGroup", {"name": f"{engine.stack} group"}, owner=engine.owner("Group"))
    return {
        "name": f"{engine.stack} model",
        "model_group_id": group.physical_id,
        "connector_id": connector_id,
        "probe": PROBE,
    }


def _model(engine: KindsEngine, path: str = "/embed") -> tuple[str, dict[str, Any]]:
    spec = _model_spec(engine, _connector(engine, path, "Connector"))
    return engine.apply("Model", spec).physical_id, spec


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/refuses", "The provider does not accept the key in the secret."),
        ("/gone", "The provider does not know this endpoint or model."),
    ],
)
def test_a_failed_probe_names_its_cause_and_leaves_no_model(engine: KindsEngine, path: str, hint: str) -> None:
    spec = _model_spec(engine, _connector(engine, path, "Connector"))
    with pytest.raises(ProvisioningError) as failure:
        engine.apply("Model", spec)
    kind, model_id, *_ = engine.made[-1]
    assert kind == "Model"
    assert str(failure.value).endswith(hint)
    assert "sk-1234567890" not in str(failure.value)
    assert engine.read("Model", model_id) is None
    assert "absent" in engine.destroy("Model", model_id).note


def test_a_model_moves_to_a_new_connector_and_the_old_one_goes(engine: KindsEngine) -> None:
    model_id, spec = _model(engine)
    old = spec["connector_id"]
    body = engine.connector(parameters={"model": "other"})
    new = engine.apply("Connector", {"connector": body}, old, owner=engine.owner("Connector")).physical_id
    moved = engine.apply("Model", spec | {"connector_id": new}, model_id)
    assert moved.physical_id == model_id
    assert engine.read("Model", model_id).body["connector_id"] == new
    assert engine.destroy("Connector", old, owner=engine.owner("Connector")).changed
    assert engine.read("Connector", new) is not None


def test_a_model_that_was_moved_has_left_its_connector(engine: KindsEngine) -> None:
    """The engine may answer the request before the move: then the probe would go through the old connector."""
    model_id, _ = _model(engine)
    other, recorder = _connector(engine, "/embed", "Other"), engine.recorder()

    def predictors() -> set[str]:
        nodes = engine.client().get(f"/_plugins/_ml/profile/models/{model_id}")["nodes"].values()
        return {node["models"][model_id]["predictor"] for node in nodes}

    before = predictors()
    move(engine.client(recorder), model_id, {"connector_id": other})
    assert not before & predictors()
    assert [request.method for request in recorder.requests][:3] == ["GET", "PUT", "GET"]


def test_a_move_that_fails_its_probe_is_taken_back(engine: KindsEngine) -> None:
    model_id, spec = _model(engine)
    bad = _connector(engine, "/refuses", "Bad")
    with pytest.raises(PermissionMissing):
        engine.apply("Model", spec | {"connector_id": bad}, model_id)
    assert engine.read("Model", model_id).body["connector_id"] == spec["connector_id"]
    assert not engine.apply("Model", spec, model_id).changed


def test_an_undeployed_model_is_deployed_again(engine: KindsEngine) -> None:
    model_id, spec = _model(engine)
    by_hand.undeploy(engine, model_id)
    outcome = engine.apply("Model", spec, model_id)
    assert outcome.note == "updated deployment"
    assert engine.read("Model", model_id).body["model_state"] == "DEPLOYED"


def test_a_connector_in_use_is_not_deleted(engine: KindsEngine) -> None:
    model_id, spec = _model(engine)
    with pytest.raises(Conflict, match=model_id):
        engine.destroy("Connector", spec["connector_id"], engine.owner("Connector"), client=engine.hasty())
    assert engine.read("Connector", spec["connector_id"], engine.owner("Connector")) is not None


def test_an_untrusted_endpoint_is_named(engine: KindsEngine) -> None:
    body = engine.connector()
    body["actions"][0]["url"] = "http://evil.example.com/"
    with pytest.raises(Rejected, match=r"Custom::MlTrustedEndpoints\)\.$"):
        engine.apply("Connector", {"connector": body})


def _index(engine: KindsEngine, dimension: int, model_id: str | None = None) -> dict[str, Any]:
    vector = {
        "type": "knn_vector",
        "dimension": dimension,
        "method": {"name": "hnsw", "engine": "lucene", "space_type": "l2"},
    }
    spec: dict[str, Any] = {
        "name": f"{engine.stack}-index",
        "body": {"settings": {"index.knn": True}, "mappings": {"properties": {"embedding": vector}}},
    }
    if model_id:
        spec["embedding"] = {"model_id": model_id, "field": "embedding", "probe": PROBE}
    return spec


def test_an_index_fits_its_model(engine: KindsEngine) -> None:
    model_id, _ = _model(engine)
    made = engine.apply("Index", _index(engine, DIMENSION, model_id), owner=engine.owner("Index"))
    assert made.changed


def test_an_index_that_does_not_fit_its_model_is_not_made(engine: KindsEngine) -> None:
    model_id, _ = _model(engine)
    with pytest.raises(InvalidSpec) as failure:
        engine.apply("Index", _index(engine, 384, model_id), owner=engine.owner("Index"))
    for part in (f"{DIMENSION} dimensions", "dimension 384", model_id, f"{engine.stack}-index"):
        assert part in str(failure.value)
    assert engine.read("Index", f"{engine.stack}-index") is None


def test_a_chat_model_is_not_an_embedding_model(engine: KindsEngine) -> None:
    model_id, _ = _model(engine, "/chat")
    with pytest.raises(InvalidSpec, match="without a vector"):
        engine.apply("Index", _index(engine, DIMENSION, model_id), owner=engine.owner("Index"))


@pytest.mark.parametrize(
    ("section", "change"),
    [
        ("mappings", {"properties": {"embedding": {"type": "knn_vector", "dimension": 8}}}),
        ("mappings", {"properties": {"embedding": {"type": "text"}}}),
        ("settings", {"index.knn": True, "index.number_of_shards": 3}),
    ],
)
def test_a_change_that_needs_another_index_says_so(engine: KindsEngine, section: str, change: dict[str, Any]) -> None:
    spec = _index(engine, DIMENSION)
    made = engine.apply("Index", spec).physical_id
    other = copy.deepcopy(spec)
    other["body"][section] = change
    with pytest.raises(InvalidSpec, match="choose another name"):
        engine.apply("Index", other, made)
    assert not engine.apply("Index", spec, made).changed


def test_an_index_behind_an_alias_is_not_taken_for_ours(engine: KindsEngine) -> None:
    spec = _index(engine, DIMENSION)
    made = engine.apply("Index", spec).physical_id
    engine.client().put(f"/{made}/_alias/{engine.stack}-alias", {})
    assert not engine.destroy("Index", f"{engine.stack}-alias").changed
    assert engine.read("Index", made) is not None
