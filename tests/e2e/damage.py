"""What people do to each kind of object of a deployed environment, and what each command reports about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from mlcommons.watched import Watched
from tests.e2e.mishaps import AUTO_DEPLOY, MAPPINGS, SETTINGS, TRUSTED, remade
from tests.e2e.ward import Ward

ROLES = "/_plugins/_security/api/roles"
AUDIT = "/_plugins/_security/api/audit"
THEIRS = "(osml:osml-theirs-knowledge/Thing)"
DOCUMENTS = {"Agent": "agent", "Connector": "connector", "ModelGroup": "model-group", "Model": "model"}
FOLDERS = {"IngestPipeline": "/_ingest/pipeline", "SearchPipeline": "/_search/pipeline"}
SLOW = "index.search.slowlog.threshold.query.warn"
# Fields that the security API shows in addition to an object's body.
FLAGS = ("reserved", "hidden", "static")
Undo = Callable[[], object]
Hand = Callable[[Ward, Watched], object]


@dataclass(frozen=True)
class Damage:
    """A damage that `hand` does to the object whose logical id begins with `logical_id`.

    `state` is the state that the status shows, `complaint` the doctor's finding. Both are None for objects that only
    administrators of the engine may see; the keeper reports those.
    """

    how: str
    kind: str
    logical_id: str
    hand: Hand
    complaint: str | None = None
    state: str | None = None

    def __str__(self) -> str:
        return f"{self.logical_id} {self.how}"

    def of(self, objects: Iterable[Watched]) -> Watched:
        """The damaged object among `resources`."""
        (row,) = (
            resource
            for resource in objects
            if resource.kind == self.kind and resource.owner.logical_id.startswith(self.logical_id)
        )
        return row


def snapshot(ward: Ward, resource: Watched) -> Undo:
    """A function that restores the object as it is now."""
    engine = ward.engine
    if resource.kind in DOCUMENTS:
        path = _document(resource)
        source = engine("GET", path)["_source"]
        written = _put_back(ward, f"{path}?refresh=true", source)
        return _each(written, lambda: _on(ward, resource.id)) if resource.kind == "Model" else written
    if resource.kind in FOLDERS:
        written = _put_back(ward, f"{FOLDERS[resource.kind]}/{resource.id}", _pipeline(ward, resource))
        return _each(written, _index_again(ward)) if resource.kind == "IngestPipeline" else written
    if resource.kind == "Role":
        return _put_back(ward, f"{ROLES}/{resource.id}", _secured(ward, f"{ROLES}/{resource.id}"))
    if resource.kind == "RoleMapping":
        path = f"{MAPPINGS}/{_role(resource)}"
        return _put_back(ward, path, _secured(ward, path))
    if resource.kind == "AuditLog":
        return _put_back(ward, f"{AUDIT}/config", _audit(ward))
    if resource.kind == "TrustedEndpoints":
        before = engine("GET", SETTINGS)["persistent"].get(TRUSTED)
        return lambda: engine("PUT", SETTINGS, {"persistent": {TRUSTED: before}})
    return _index_again(ward)


def _index_again(ward: Ward) -> Undo:
    """A function that restores the index and its alias; when the index is gone, it loads the documents again."""
    engine, alias = ward.engine, ward.known.index
    ((name, before),) = engine("GET", f"/{alias}").items()

    def undo() -> None:
        engine("DELETE", "/theirs")
        settings, mapping = before["settings"]["index"], before["mappings"]
        if engine("GET", f"/{name}"):
            slow = settings["search"]["slowlog"]["threshold"]["query"]["warn"]
            own = settings["default_pipeline"]
            wanted = {"index.default_pipeline": own, "index.blocks.write": None, SLOW: slow}
            engine("PUT", f"/{name}/_settings", wanted)
            engine("PUT", f"/{name}/_mapping", {"_meta": mapping["_meta"]})
            engine("POST", "/_aliases", {"actions": [{"add": {"index": name, "alias": alias}}]})
        else:
            engine("PUT", f"/{name}", remade(before))
            ward.deployment.ingest()

    return undo


def _each(*ways: Undo) -> Undo:
    def undo() -> None:
        for resource in ways:
            resource()

    return undo


def _put_back(ward: Ward, path: str, body: Any) -> Undo:
    return lambda: ward.engine("PUT", path, body)


def _delete_document(ward: Ward, resource: Watched) -> object:
    return ward.engine("DELETE", f"{_document(resource)}?refresh=true")


def _delete_model(ward: Ward, resource: Watched) -> object:
    ward.undeploy(resource.id)
    return ward.engine("DELETE", f"/_plugins/_ml/models/{resource.id}")


def _delete_ingest_pipeline(ward: Ward, resource: Watched) -> object:
    # The engine refuses to delete a pipeline that an index names as its default: the index gets another setting first.
    ward.engine("PUT", f"/{ward.known.index}/_settings", {"index.default_pipeline": None})
    return ward.engine("DELETE", f"/_ingest/pipeline/{resource.id}")


def _delete_answer_pipeline(ward: Ward, resource: Watched) -> object:
    return ward.engine("DELETE", f"/_search/pipeline/{resource.id}")


def _edit_document(ward: Ward, resource: Watched) -> object:
    return ward.engine(
        "POST", _document(resource).replace("_doc", "_update") + "?refresh=true", {"doc": {"name": "theirs"}}
    )


def _edit_pipeline(ward: Ward, resource: Watched) -> object:
    """Somebody tries the pipeline without its processors."""
    steps = "processors" if resource.kind == "IngestPipeline" else "response_processors"
    return ward.engine("PUT", f"{FOLDERS[resource.kind]}/{resource.id}", {**_pipeline(ward, resource), steps: []})


def _edit_index(ward: Ward, resource: Watched) -> object:
    """Somebody looks for slow questions."""
    return ward.engine("PUT", f"/{resource.id}/_settings", {SLOW: "1ms"})


def _freeze(ward: Ward, resource: Watched) -> object:
    """Somebody blocks writes of others."""
    return ward.engine("PUT", f"/{resource.id}/_settings", {"index.blocks.write": True})


def _edit_role(ward: Ward, resource: Watched) -> object:
    path = f"{ROLES}/{resource.id}"
    return ward.engine("PUT", path, _secured(ward, path) | {"cluster_permissions": ["cluster:monitor/main"]})


def _edit_mapping(ward: Ward, resource: Watched) -> object:
    """Somebody replaces the entries of a list, and keeps those that they do not understand."""
    path = f"{MAPPINGS}/{_role(resource)}"
    before = _secured(ward, path)
    kept = [entry for entry in before["backend_roles"] if entry.startswith("osml:")]
    return ward.engine("PUT", path, before | {"backend_roles": [*kept, "arn:aws:iam::000000000000:role/theirs"]})


def _silence(ward: Ward, _: Watched) -> object:
    """Somebody switches the audit log off to save its costs, with the configuration of a new domain."""
    audit = {"audit": {"ignore_users": ["kibanaserver"]}}
    return ward.engine("PUT", f"{AUDIT}/config", {**_audit(ward), **audit, "enabled": False})


def _edit_audit(ward: Ward, _: Watched) -> object:
    """Somebody wants to read the bodies of requests."""
    config = _audit(ward)
    return ward.engine("PUT", f"{AUDIT}/config", {**config, "audit": config["audit"] | {"log_request_body": True}})


def _mark_audit(ward: Ward, _: Watched) -> object:
    config = _audit(ward)
    marks = {"ignore_users": ["kibanaserver", THEIRS]}
    return ward.engine("PUT", f"{AUDIT}/config", {**config, "audit": config["audit"] | marks})


def _set_trusted(*patterns: str) -> Hand:
    return lambda ward, _: ward.engine("PUT", SETTINGS, {"persistent": {TRUSTED: list(patterns)}})


def _mark_document(ward: Ward, resource: Watched) -> object:
    path = _document(resource).replace("_doc", "_update")
    return ward.engine("POST", f"{path}?refresh=true", {"doc": {"description": THEIRS}})


def _mark_pipeline(ward: Ward, resource: Watched) -> object:
    """Somebody copies the pipeline of another environment over ours, with its description."""
    return ward.engine(
        "PUT", f"{FOLDERS[resource.kind]}/{resource.id}", _pipeline(ward, resource) | {"description": THEIRS}
    )


def _mark_index(ward: Ward, resource: Watched) -> object:
    return ward.engine("PUT", f"/{resource.id}/_mapping", {"_meta": {"osml": THEIRS}})


def _move_alias(ward: Ward, resource: Watched) -> object:
    """Somebody moves the alias to an index of theirs."""
    (ours,) = ward.engine("GET", f"/_alias/{resource.id}")
    ward.engine("PUT", "/theirs", {})
    moves = [{"remove": {"index": ours, "alias": resource.id}}, {"add": {"index": "theirs", "alias": resource.id}}]
    return ward.engine("POST", "/_aliases", {"actions": moves})


def _mark_role(ward: Ward, resource: Watched) -> object:
    path = f"{ROLES}/{resource.id}"
    return ward.engine("PUT", path, _secured(ward, path) | {"description": THEIRS})


def _undeploy(ward: Ward, resource: Watched) -> object:
    """Undeploy the model, where the engine may not deploy a called model by itself."""
    ward.undeploy(resource.id)
    return ward.engine("PUT", SETTINGS, {"persistent": {AUTO_DEPLOY: False}})


def _on(ward: Ward, model_id: str) -> None:
    ward.engine("PUT", SETTINGS, {"persistent": {AUTO_DEPLOY: None}})
    ward.deploy(model_id)


def _document(resource: Watched) -> str:
    return f"/.plugins-ml-{DOCUMENTS[resource.kind]}/_doc/{resource.id}"


def _pipeline(ward: Ward, resource: Watched) -> dict[str, Any]:
    body: dict[str, Any] = ward.engine("GET", f"{FOLDERS[resource.kind]}/{resource.id}")[resource.id]
    return body


def _secured(ward: Ward, path: str) -> dict[str, Any]:
    """The body of a role or of a mapping, without the fields that the API adds."""
    (body,) = ward.engine("GET", path).values()
    return {key: value for key, value in body.items() if key not in FLAGS}


def _audit(ward: Ward) -> dict[str, Any]:
    """The configuration of the audit log."""
    config: dict[str, Any] = ward.engine("GET", AUDIT)["config"]
    return config


def _role(resource: Watched) -> str:
    return resource.id.partition(":")[0]


def _delete(path: str) -> Hand:
    return lambda ward, resource: ward.engine("DELETE", path.format(id=resource.id, role=_role(resource)))


def _delete_alias(ward: Ward, resource: Watched) -> object:
    return [
        ward.engine("DELETE", f"/{name}/_alias/{resource.id}") for name in ward.engine("GET", f"/_alias/{resource.id}")
    ]


DELETED, EDITED, TAKEN, UNDEPLOYED = "deleted", "edited", "taken over", "undeployed"
UNSEEN = "not visible to you"
DAMAGES = (
    Damage(DELETED, "Connector", "AnswerConnector", _delete_document, "object-missing", "missing"),
    Damage(DELETED, "ModelGroup", "AnswerGroup", _delete_document, "object-missing", "missing"),
    Damage(DELETED, "Model", "EmbeddingModel", _delete_model, "model-missing", "missing"),
    Damage(DELETED, "Agent", "Planner", _delete_document, "object-missing", "missing"),
    Damage(DELETED, "IngestPipeline", "IngestPipeline", _delete_ingest_pipeline, "pipeline-missing", "missing"),
    Damage(DELETED, "SearchPipeline", "AnswerPipeline", _delete_answer_pipeline, "pipeline-missing", "missing"),
    Damage(DELETED, "Index", "Index", _delete("/{id}"), "index-missing", "missing"),
    Damage(DELETED, "Alias", "IndexAlias", _delete_alias, "index-missing", "missing"),
    Damage(DELETED, "Role", "DropRole", _delete(f"{ROLES}/{{id}}")),
    Damage(DELETED, "RoleMapping", "MapDrop", _delete(f"{MAPPINGS}/{{role}}")),
    Damage(DELETED, "TrustedEndpoints", "TrustedEndpoints", _set_trusted(), "endpoint-not-trusted", "changed"),
    Damage(DELETED, "AuditLog", "AuditLog", _silence),
    Damage(EDITED, "Connector", "EmbeddingConnector", _edit_document, "object-changed", "changed"),
    Damage(EDITED, "ModelGroup", "EmbeddingGroup", _edit_document, "object-changed", "changed"),
    Damage(EDITED, "Model", "AnswerModel", _edit_document, "object-changed", "changed"),
    Damage(EDITED, "Agent", "Planner", _edit_document, "object-changed", "changed"),
    Damage(EDITED, "IngestPipeline", "IngestPipeline", _edit_pipeline, "object-changed", "changed"),
    Damage(EDITED, "SearchPipeline", "AnswerPipeline", _edit_pipeline, "object-changed", "changed"),
    Damage(EDITED, "Index", "Index", _edit_index, "object-changed", "changed"),
    Damage(EDITED, "Alias", "IndexAlias", _freeze, "object-changed", "changed"),
    Damage(EDITED, "Role", "DropRole", _edit_role),
    Damage(EDITED, "RoleMapping", "MapMlFullAccess", _edit_mapping),
    Damage(
        EDITED,
        "TrustedEndpoints",
        "TrustedEndpoints",
        _set_trusted("^https://api\\.openai\\.com/.*$"),
        "endpoint-not-trusted",
        "changed",
    ),
    Damage(EDITED, "AuditLog", "AuditLog", _edit_audit),
    Damage(TAKEN, "Connector", "AnswerConnector", _mark_document, "not-ours", "taken over"),
    Damage(TAKEN, "ModelGroup", "AnswerGroup", _mark_document, "not-ours", "taken over"),
    Damage(TAKEN, "Model", "AnswerModel", _mark_document, "not-ours", "taken over"),
    Damage(TAKEN, "Agent", "Planner", _mark_document, "not-ours", "taken over"),
    Damage(TAKEN, "IngestPipeline", "IngestPipeline", _mark_pipeline, "not-ours", "taken over"),
    Damage(TAKEN, "SearchPipeline", "SearchPipeline", _mark_pipeline, "not-ours", "taken over"),
    Damage(TAKEN, "Index", "Index", _mark_index, "not-ours", "taken over"),
    Damage(TAKEN, "Alias", "IndexAlias", _move_alias, "not-ours", "taken over"),
    Damage(TAKEN, "Role", "DropRole", _mark_role),
    Damage(TAKEN, "AuditLog", "AuditLog", _mark_audit),
    Damage(UNDEPLOYED, "Model", "EmbeddingModel", _undeploy, "model-not-deployed", "not deployed"),
)
