"""What a person does to an object with direct requests, bypassing the kernel: count, change, delete."""

from typing import Any

from mlcommons import Client, HttpTransport, Owner
from tests import model_states
from tests.contract.front_engine import engine_address
from tests.contract.kinds_engine import KindsEngine

OTHERS = "others"
SETTING = "plugins.ml_commons.trusted_connector_endpoints_regex"
_ML = {"Agent": "agents", "Connector": "connectors", "ModelGroup": "model_groups", "Model": "models"}
_PIPELINES = {"IngestPipeline": "/_ingest/pipeline", "SearchPipeline": "/_search/pipeline"}
_AUDIT = "/_plugins/_security/api/audit"
_ROLES, _MAPPINGS = "/_plugins/_security/api/roles", "/_plugins/_security/api/rolesmapping"


def count(engine: KindsEngine, kind: str, owner: Owner | None = None) -> int:
    """The number of objects of a kind that carry the owner's mark; for a shared list, the number of our entries."""
    mark = f"osml:{owner or engine.owner()}"
    return sum(mark in text for text in _texts(engine, kind))


def trusted(engine: KindsEngine) -> list[str]:
    """The trusted endpoints in effect."""
    answer = engine.client().get("/_cluster/settings", include_defaults="true", flat_settings="true")
    return next(answer[layer][SETTING] for layer in ("persistent", "defaults") if SETTING in answer[layer])


def locks(engine: KindsEngine) -> list[str]:
    """The locks that are currently taken."""
    templates = engine.client().get("/_component_template")["component_templates"]
    return [template["name"] for template in templates if template["name"].startswith("osml-")]


def delete(engine: KindsEngine, kind: str, physical_id: str) -> None:
    client = engine.client()
    if kind == "TrustedEndpoints":
        _trust(engine, [entry for entry in trusted(engine) if f"osml:{engine.owner()}" not in entry])
    elif kind == "AuditLog":
        _audit(engine, enabled=False, ignore_users=["kibanaserver"])
    elif kind == "Model":
        undeploy(engine, physical_id)
        client.delete(_path(kind, physical_id))
    else:
        client.delete(_path(kind, physical_id))


def undeploy(engine: KindsEngine, model_id: str) -> None:
    ways = {"GET": engine.client().get, "POST": engine.client().post}
    model_states.undeploy(lambda method, path: ways[method](path), model_id)


def change(engine: KindsEngine, kind: str, physical_id: str) -> None:
    """Change the fields that the specification names, and leave the mark."""
    client, path = engine.client(), _path(kind, physical_id)
    if kind == "TrustedEndpoints":
        _trust(engine, [entry.replace(engine.stack, "edited", 1) for entry in trusted(engine)])
    elif kind == "AuditLog":
        _audit(engine, log_request_body=True)
    elif kind == "RoleMapping":
        _, mapping = next(iter(client.get(path).items()))
        client.put(path, {"backend_roles": [entry for entry in mapping["backend_roles"] if entry.startswith("osml:")]})
    elif kind == "Role":
        _, role = next(iter(client.get(path).items()))
        client.put(path, {"description": role["description"], "cluster_permissions": ["*"]})
    elif kind == "Agent":
        _edit_agent(physical_id, {"name": f"{engine.stack} edited"})
    elif kind == "Connector":
        client.put(path, {"parameters": {"model": "edited"}})
    elif kind in _ML:
        client.put(path, {"name": f"{engine.stack} edited"})
    elif kind in _PIPELINES:
        client.put(path, {"description": client.get(path)[physical_id]["description"]} | _some_steps(kind))
    else:
        client.put(f"{path}/_settings", {"index.number_of_replicas": 1})


def take_over(engine: KindsEngine, kind: str, physical_id: str) -> None:
    """Replace our mark with that of another stack, as in a copy from elsewhere. A second call restores ours."""
    client, path = engine.client(), _path(kind, physical_id)

    def theirs(text: object) -> str:
        ours, others = f"osml:{engine.stack}/", f"osml:{OTHERS}/"
        return str(text).replace(ours, others) if ours in str(text) else str(text).replace(others, ours)

    if kind == "AuditLog":
        _audit(engine, ignore_users=[theirs(user) for user in client.get(_AUDIT)["config"]["audit"]["ignore_users"]])
    elif kind == "Role":
        _, role = next(iter(client.get(path).items()))
        client.put(path, {"description": theirs(role["description"]), "cluster_permissions": ["cluster_monitor"]})
    elif kind == "Agent":
        _edit_agent(physical_id, {"description": theirs(client.get(path)["description"])})
    elif kind in _ML:
        client.put(path, {"description": theirs(client.get(path)["description"])})
    elif kind in _PIPELINES:
        body = client.get(path)[physical_id]
        client.put(path, body | {"description": theirs(body["description"])})
    else:
        marks = client.get(path)[physical_id]["mappings"]["_meta"]
        client.put(f"{path}/_mapping", {"_meta": marks | {"osml": theirs(marks["osml"])}})


def _some_steps(kind: str) -> dict[str, Any]:
    if kind == "IngestPipeline":
        return {"processors": [{"set": {"field": "edited", "value": True}}]}
    return {"request_processors": [{"neural_query_enricher": {"default_model_id": "edited"}}]}


def _texts(engine: KindsEngine, kind: str) -> list[str]:
    client = engine.client()
    if kind in _ML:
        path = f"/_plugins/_ml/{_ML[kind]}/_search"
        hits = client.post(path, {"query": {"match_all": {}}, "size": 1000})["hits"]["hits"]
        return [str(hit["_source"].get("description")) for hit in hits]
    if kind == "TrustedEndpoints":
        return trusted(engine)
    if kind == "AuditLog":
        return list(client.get(_AUDIT)["config"]["audit"]["ignore_users"])
    if kind == "RoleMapping":
        mappings = client.get(_MAPPINGS).values()
        return [entry for mapping in mappings for entry in mapping["backend_roles"]]
    if kind == "Index":
        answer = client.get(f"/{engine.stack}*")
        return [str(index["mappings"].get("_meta")) for index in answer.values()]
    objects = client.find(_ROLES if kind == "Role" else _PIPELINES[kind]) or {}
    return [str(value.get("description")) for value in objects.values()]


def _path(kind: str, physical_id: str) -> str:
    if kind in _ML:
        return f"/_plugins/_ml/{_ML[kind]}/{physical_id}"
    if kind in _PIPELINES:
        return f"{_PIPELINES[kind]}/{physical_id}"
    if kind == "Role":
        return f"{_ROLES}/{physical_id}"
    return f"{_MAPPINGS}/{physical_id.split(':')[0]}" if kind == "RoleMapping" else f"/{physical_id}"


def _edit_agent(agent_id: str, fields: dict[str, str]) -> None:
    """Update the agent's document as a cluster administrator: engines before 3.1 have no request for it."""
    address = engine_address()
    admin = Client(HttpTransport(address.url, verify=address.ca, cert=(address.admin_cert, address.admin_key)))
    admin.post(f"/.plugins-ml-agent/_update/{agent_id}", {"doc": fields}, refresh="true")


def _audit(engine: KindsEngine, enabled: bool = True, **audit: Any) -> None:
    config = engine.client().get(_AUDIT)["config"]
    engine.client().put(f"{_AUDIT}/config", config | {"enabled": enabled, "audit": config["audit"] | audit})


def _trust(engine: KindsEngine, entries: list[str]) -> None:
    engine.client().put("/_cluster/settings", {"persistent": {SETTING: entries}})
