"""A connector that contains keys: their values are read when it is made, and appear nowhere else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mlcommons import Client, MockTransport, Owner, Patience, Request, Response, apply, kind_named
from mlcommons.errors import InvalidSpec
from mlcommons.kinds.connector import ConnectorSpec

OWNER = Owner("stack", "Chat")
ARN = "arn:aws:secretsmanager:us-east-1:111122223333:secret:own/models-AbCdEf"
SPEC: dict[str, Any] = {
    "connector": {"name": "chat", "protocol": "http", "actions": []},
    "secrets": {"api_key": {"secretArn": ARN, "key": "key"}},
    "revision": "1",
}


class Engine:
    """Stores connectors, and shows them as ml-commons does: without their credential."""

    def __init__(self) -> None:
        self.connectors: dict[str, dict[str, Any]] = {}
        self.transport = MockTransport(self)

    def __call__(self, request: Request) -> Response:
        if request.path == "/":
            return Response(200, {"version": {"number": "3.6.0"}})
        if request.path.endswith("_search"):
            hits = [{"_id": id, "_source": body} for id, body in self.connectors.items()]
            return Response(200, {"hits": {"hits": hits}})
        if request.path.endswith("_create"):
            id = f"{len(self.connectors):020}"
            self.connectors[id] = {key: value for key, value in request.body.items() if key != "credential"}
            return Response(200, {"connector_id": id})
        return Response(200, self.connectors[request.path.rpartition("/")[2]])


def applied(engine: Engine, spec: dict[str, Any], value: str, physical_id: str | None = None) -> str:
    client = Client(engine.transport, Patience(sleep=lambda _: None), secret=lambda arn, key: f"{value}:{arn}:{key}")
    outcome = apply(kind_named("Connector"), spec, client=client, owner=OWNER, physical_id=physical_id)
    assert value not in json.dumps([outcome.data, outcome.note])
    return outcome.physical_id


def test_the_value_goes_into_the_credential_and_nowhere_else() -> None:
    engine = Engine()
    applied(engine, SPEC, "hush")
    (write,) = engine.transport.writes
    assert write.body["credential"] == {"api_key": f"hush:{ARN}:key"}
    assert "hush" not in json.dumps({**write.body, "credential": None})


def test_another_revision_is_a_change_and_another_value_is_not() -> None:
    engine = Engine()
    first = applied(engine, SPEC, "hush")
    assert applied(engine, SPEC, "hush-again", first) == first
    assert len(engine.transport.writes) == 1
    assert applied(engine, {**SPEC, "revision": "2"}, "hush-again", first) != first


def test_the_mark_tells_nothing_of_the_value() -> None:
    marks = set()
    for value in ("hush", "hush-again"):
        engine = Engine()
        applied(engine, SPEC, value)
        marks |= {body["description"] for body in engine.connectors.values()}
    assert len(marks) == 1


def test_without_references_the_mark_is_that_of_the_body() -> None:
    plain = ConnectorSpec({"name": "chat"})
    assert plain.digest == ConnectorSpec({"name": "chat"}, {}, "").digest
    assert plain.digest != ConnectorSpec({"name": "chat"}, SPEC["secrets"]).digest


def test_where_nothing_reads_secrets_nothing_is_written() -> None:
    engine = Engine()
    with pytest.raises(InvalidSpec, match="this client cannot read secrets"):
        apply(kind_named("Connector"), SPEC, client=Client(engine.transport), owner=OWNER)
    assert engine.transport.writes == []
