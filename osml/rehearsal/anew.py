"""Existing objects can be created again: a later line may open an index that it refuses to create."""

import uuid
from collections.abc import Iterator
from typing import Any

from osml.doctor.checks.context import Context
from osml.failure import Failure
from osml.rehearsal.administrator import administrator
from osml.rehearsal.pipelines import PATHS
from osml.rehearsal.settings import ARCHIVED
from osml.rehearsal.subject import Comparison, RehearsalQuestions, compared
from osml.remote.domain import Domain

# The engine sets these itself and refuses them in requests.
OWN = ("index.uuid", "index.creation_date", "index.provided_name", "index.version.", "index.resize.", ARCHIVED)

Refusals = dict[str, str | None]


def look(context: Context, _: RehearsalQuestions) -> Refusals:
    """Why the engine refuses another index, pipeline or index template like each existing one; None if it creates it.

    Created objects are removed again. The engine's own indexes are left out.
    """
    name = f"osml-anew-{uuid.uuid4().hex[:12]}"
    domain = administrator(context)
    return {what: _refusal(domain, path.format(name=name), body) for what, path, body in _made(domain, name)}


def _made(domain: Domain, name: str) -> Iterator[tuple[str, str, Any]]:
    """The existing objects, and how to create another: a path with `{name}`, and a body."""
    indexes = domain.json("GET", "/*?flat_settings=true")
    for index, definition in indexes.items():
        if not index.startswith("."):
            settings = {key: value for key, value in definition["settings"].items() if not key.startswith(OWN)}
            yield f"index {index}", "/{name}", {"settings": settings, "mappings": definition["mappings"]}
    for kind, path in PATHS.items():
        for pipeline, body in domain.json("GET", path).items():
            yield f"{kind} {pipeline}", path + "/{name}", body
    for definition in domain.json("GET", "/_index_template")["index_templates"]:
        body = {**definition["index_template"], "index_patterns": [name]}
        yield f"index template {definition['name']}", "/_index_template/{name}", body


def _refusal(domain: Domain, path: str, body: Any) -> str | None:
    try:
        domain.json("PUT", path, json=body)
    except Failure as failure:
        return str(failure)
    domain.json("DELETE", path)
    return None


def compare(before: Refusals, after: Refusals) -> Comparison:
    """Only a new refusal is a fault of the upgrade."""
    faults = [
        f"The engine refuses to create an equal {what}: {refusal}"
        for what, refusal in after.items()
        if refusal is not None and before.get(what) is None
    ]
    taken = sum(refusal is None for refusal in after.values())
    return compared(f"{taken} of {len(after)} indexes, pipelines and templates can be made again", faults)
