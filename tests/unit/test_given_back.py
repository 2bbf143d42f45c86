"""Objects that are adopted and given back are described as before, whatever a deploy has changed in between."""

import json
from typing import Any

import pytest

from mlcommons import KINDS, Client, Kind, MockTransport, Owner, Patience, Request, Response, apply, kind_named, release
from mlcommons.kinds.model_group import UNDESCRIBED
from osml.takeover.marking import mark
from osml.takeover.plan import Adoption

OWNER, ID = Owner("osml-dev-knowledge", "Thing"), "aoDJ-6EBbbdF-gGrEIku"
DESCRIPTIONS = (None, "Sentences of the handbook", "Its (second) try, of 2024: works", " with (spaces) ")
# What others made, and what a deploy makes of it.
MADE: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "Model": (
        ID,
        {"name": "theirs", "model_group_id": ID, "connector_id": ID, "model_state": "DEPLOYED"},
        {"name": "ours", "model_group_id": ID, "connector_id": ID, "probe": {"parameters": {}}, "generation": "1"},
    ),
    "ModelGroup": (ID, {"name": "theirs"}, {"name": "theirs"}),
    "IngestPipeline": (
        "theirs",
        {"processors": [{"set": {"field": "a", "value": "b"}}]},
        {"name": "theirs", "pipeline": {"processors": [{"text_embedding": {"model_id": ID}}]}},
    ),
    "SearchPipeline": (
        "theirs",
        {"request_processors": [{"neural_query_enricher": {"default_model_id": "x"}}]},
        {"name": "theirs", "pipeline": {"request_processors": [{"neural_query_enricher": {"default_model_id": ID}}]}},
    ),
    "Index": (
        "theirs",
        {"mappings": {"_meta": {"team": "travel"}, "properties": {"text": {"type": "text"}}}, "settings": {}},
        {"name": "theirs", "body": {"mappings": {"properties": {"text": {"type": "text"}}}}},
    ),
}


class Engine:
    """An engine with one object of the `kind`."""

    def __init__(self, kind: str, name: str, body: dict[str, Any]) -> None:
        self.kind, self.name, self.body = kind, name, body

    def __call__(self, request: Request) -> Response:
        if request.path == "/":
            return Response(200, {"version": {"number": "3.6.0"}})
        if request.path.endswith("_predict"):
            return Response(200, {"inference_results": [{"output": [{"data": [1.0]}]}]})
        if request.path.endswith("_search"):
            hits = [{"_id": self.name, "_source": self.body}]
            return Response(200, {"hits": {"hits": hits if "_plugins" in request.path else []}})
        if request.method == "PUT" and (refusal := self._write(request)):
            return refusal
        named = self.kind in ("Model", "ModelGroup")
        return Response(200, self.body if named else {self.name: self.body})

    def _write(self, request: Request) -> Response | None:
        if self.kind == "Index":
            if request.path.endswith("_mapping"):
                self.body = self.body | {"mappings": {**self.body["mappings"], **request.body}}
        elif self.kind.endswith("Pipeline"):
            self.body = json.loads(json.dumps(request.body))
        else:
            # ml-commons ignores an empty description of a group.
            if "–" in request.body.get("description", ""):
                return Response(400, {"error": {"reason": "description can only contain letters"}, "status": 400})
            ignored = self.kind == "ModelGroup" and request.body.get("description") == ""
            self.body = self.body | ({} if ignored else request.body)
        return None


def text(body: dict[str, Any]) -> Any:
    """What people read about the object, None if it is not described."""
    described = body["mappings"]["_meta"] if "mappings" in body else body.get("description")
    return None if described in ("", UNDESCRIBED) else described


def test_the_table_has_every_kind_that_is_given_back() -> None:
    assert set(MADE) == {name for name, kind in KINDS.items() if type(kind).release is not Kind.release}


@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_an_object_that_is_given_back_is_described_as_before(kind: str, description: str | None) -> None:
    name, body, spec = MADE[kind]
    if description and kind != "Index":
        body = body | {"description": description}
    engine = Engine(kind, name, body)
    client = Client(MockTransport(engine), Patience(sleep=lambda _: None))
    before = text(engine.body)
    adoption = Adoption(kind, name, OWNER, spec, ())
    for _ in range(2):
        mark(client, adoption, "text")
        assert f"osml:{OWNER}" in str(engine.body)
    adopted = apply(kind_named(kind), spec, client=client, owner=OWNER)
    assert adopted.physical_id == name
    again = apply(kind_named(kind), spec, client=client, owner=OWNER, physical_id=name)
    assert not again.changed
    outcome = release(kind_named(kind), name, client=client, owner=OWNER, previous=spec)
    assert outcome.changed
    assert text(engine.body) == before
    assert "osml:" not in str(engine.body)


@pytest.mark.parametrize("kind", ["Model", "ModelGroup"])
def test_a_description_that_the_engine_no_longer_accepts_is_reported_and_not_in_the_way(kind: str) -> None:
    name, body, spec = MADE[kind]
    engine = Engine(kind, name, body | {"description": "Ours – since 2.11"})
    client = Client(MockTransport(engine), Patience(sleep=lambda _: None))
    lost = mark(client, Adoption(kind, name, OWNER, spec, ()), "text")
    assert lost.startswith(f"{kind} {name} loses its description, because the engine refuses it")
    assert "only contain letters" in lost
    assert mark(client, Adoption(kind, name, OWNER, spec, ()), "text") == ""
    assert apply(kind_named(kind), spec, client=client, owner=OWNER).physical_id == name
