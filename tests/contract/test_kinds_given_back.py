"""An object that others made is adopted and given back: people read the same about it as before."""

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from mlcommons import KINDS, Kind, ProvisioningError, kind_named, release
from mlcommons.kinds.model_group import UNDESCRIBED
from osml.takeover.marking import mark
from osml.takeover.plan import Adoption
from tests.contract import by_hand, kinds_engine
from tests.contract.kinds_engine import KindsEngine
from tests.contract.subjects.model import PROBE
from tests.waiting import until

engine, engine_transport, provider = (
    kinds_engine.engine,
    kinds_engine.engine_transport,
    kinds_engine.provider,
)
GIVEN_BACK = [name for name, kind in KINDS.items() if type(kind).release is not Kind.release]
TEXT = 'Asked by (travel), since 2024: see "wiki/models"'
FOLDERS = {"IngestPipeline": "/_ingest/pipeline", "SearchPipeline": "/_search/pipeline"}


def made(engine: KindsEngine, kind: str, text: str | None) -> tuple[str, dict[str, Any]]:
    """The id of an object that others make, and a specification that changes it, if the kind allows that."""
    client, name = engine.client(), f"{engine.stack}-theirs"
    described = {"description": text} if text else {}
    if kind == "Index":
        notes = {"_meta": {"text": text}} if text else {}
        fields = {"properties": {"text": {"type": "text"}}}
        client.put(f"/{name}", {"mappings": {**fields, **notes}})
        return name, {"name": name, "body": {"mappings": {"properties": {"title": {"type": "text"}}}}}
    if kind in FOLDERS:
        steps = "processors" if kind == "IngestPipeline" else "request_processors"
        client.put(f"{FOLDERS[kind]}/{name}", {**described, steps: []})
        return name, {"name": name, "pipeline": {steps: [], "version": 2} if steps == "processors" else {steps: []}}
    group = str(client.post("/_plugins/_ml/model_groups/_register", {"name": name, **described})["model_group_id"])
    if kind == "ModelGroup":
        return group, {"name": name}
    connector = engine.apply("Connector", {"connector": engine.connector()}, owner=engine.owner("C")).physical_id
    body = {"name": name, "function_name": "remote", "model_group_id": group, "connector_id": connector, **described}
    model = str(client.post("/_plugins/_ml/models/_register", body, deploy="true")["model_id"])
    until("a deployed model", lambda: client.get(f"/_plugins/_ml/models/{model}")["model_state"] == "DEPLOYED")
    return model, {"name": f"{name} too", "model_group_id": group, "connector_id": connector, "probe": PROBE}


def said(engine: KindsEngine, kind: str, id: str) -> Any:
    """What people read about the object, None if it is not described."""
    shown = engine.read(kind, id).body
    text = shown["mappings"].get("_meta") if kind == "Index" else shown.get("description")
    return None if text in ("", {}, UNDESCRIBED) else text


@pytest.fixture
def left(engine: KindsEngine) -> Iterator[list[tuple[str, str]]]:
    """The objects to remove by hand."""
    objects: list[tuple[str, str]] = []
    yield objects
    for kind, id in objects:
        group = engine.read(kind, id).body.get("model_group_id") if kind == "Model" else None
        by_hand.delete(engine, kind, id)
        if group:
            with contextlib.suppress(ProvisioningError):  # ml-commons removes the group of its last model itself
                by_hand.delete(engine, "ModelGroup", group)


@pytest.mark.parametrize("text", [None, TEXT], ids=["undescribed", "described"])
@pytest.mark.parametrize("kind", GIVEN_BACK)
def test_an_object_is_described_as_before(
    engine: KindsEngine, left: list[tuple[str, str]], kind: str, text: str | None
) -> None:
    id, spec = made(engine, kind, text)
    left.append((kind, id))
    client = engine.client()
    before = said(engine, kind, id)
    assert bool(before) == bool(text)
    mark(client, Adoption(kind, id, engine.owner(), spec, ()), "text")
    assert engine.apply(kind, spec).physical_id == id
    assert not engine.apply(kind, spec, id).changed
    assert f"osml:{engine.owner()}" in str(said(engine, kind, id))
    assert release(kind_named(kind), id, client=client, owner=engine.owner(), previous=spec).changed
    assert said(engine, kind, id) == before
