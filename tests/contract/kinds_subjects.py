"""Each kind with a specification, one that is changed in place, and one that asks for a new object."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.contract.kinds_engine import DIMENSION, Engine

PROBE = {"parameters": {"input": "hello"}}


@dataclass(frozen=True)
class Subject:
    """`in_place` and `replacing` are None where the kind knows no such change."""

    kind: str
    spec: dict[str, Any]
    in_place: dict[str, Any] | None = None
    replacing: dict[str, Any] | None = None


def _role(engine: Engine) -> Subject:
    name = f"{engine.stack}-role"
    permission = {"index_patterns": ["passages", "notes-*"], "allowed_actions": ["read", "indices:data/write/*"]}
    spec = {"name": name, "cluster_permissions": ["cluster_monitor", "cluster_composite_ops"]}
    return Subject(
        "Role",
        spec | {"description": "First", "index_permissions": [permission]},
        spec | {"index_permissions": [permission, permission | {"allowed_actions": ["search"]}]},
        spec | {"name": f"{name}-2"},
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
        "Index", {"name": name, "body": body}, {"name": name, "body": wider}, {"name": f"{name}-2", "body": body}
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
SHARED = ["RoleMapping", "TrustedEndpoints"]
