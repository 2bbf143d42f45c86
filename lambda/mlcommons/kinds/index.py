"""Index: contains documents and vectors. Fields are added in place; another dimension or method needs a new index.

The mark is in `mappings._meta.osml`, with a digest of the body: the server leaves out values that equal its defaults
and adds others, so its answer does not show whether the body has changed.
"""

# ruff: noqa: ARG002 - all kinds share one signature per verb

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from mlcommons.client import Client, path_of
from mlcommons.compare import contradicts, flattened
from mlcommons.derived_vectors import BROKEN, is_broken, mend, readable
from mlcommons.errors import InvalidSpec, NotFound, Rejected
from mlcommons.index_version import cancel_reindex
from mlcommons.kind import Kind, Observed
from mlcommons.owner import Owner, digest_of, marked, read_mark
from mlcommons.prediction import predict, vector_length

# Our entries in `mappings._meta`.
OUR_NOTES = ("osml", "default_pipeline", "carried")
_NAME = re.compile(r"(?![_+-])[^A-Z\s*?,/\\#:<>|\"]+")


@dataclass(frozen=True)
class FieldEmbedding:
    """The model that makes the vectors of `field`, and the body of a `_predict` that returns one."""

    model_id: str
    field: str
    probe: dict[str, Any]


@dataclass(frozen=True)
class IndexSpec:
    """`body` has settings, mappings and aliases as in the request that makes an index.

    `restored` are the settings that an adopted index gets when it is given back.
    """

    name: str
    body: dict[str, Any] = field(default_factory=dict)
    embedding: FieldEmbedding | None = None
    restored: dict[str, Any] = field(default_factory=dict)


class Index(Kind[IndexSpec]):
    name = "Index"
    spec_type = IndexSpec
    replace_on = frozenset({"name"})

    def could_be(self, physical_id: str, owner: Owner) -> bool:
        return is_index_name(physical_id)

    def find(self, client: Client, spec: IndexSpec, owner: Owner) -> Observed | None:
        return self.read(client, spec.name, owner)

    def read(self, client: Client, physical_id: str, owner: Owner) -> Observed | None:
        answer = client.find(path_of(physical_id))
        if not answer:
            return None
        # For an alias the engine answers with its index, which has another name.
        body = answer.get(physical_id, {})
        if is_broken(client, physical_id, body):
            body = body | {BROKEN: True}
        mark = read_mark(body.get("mappings", {}).get("_meta", {}).get("osml"))
        return Observed(physical_id, mark.owner, body, mark.digest)

    def changes(self, observed: Observed, spec: IndexSpec) -> Collection[str]:
        if spec.name != observed.physical_id:
            return {"name"}
        if BROKEN in observed.body:
            return {BROKEN}
        settings = flattened(spec.body.get("settings", {}))
        mappings = spec.body.get("mappings", {})
        present = flattened(observed.body.get("settings", {}))
        if contradicts(present, settings) or _lost(present) & settings.keys():
            return {"settings"}
        if observed.digest != digest_of(spec.body) or contradicts(observed.body.get("mappings", {}), mappings):
            return {"mappings"}
        return ()

    def check(self, client: Client, spec: IndexSpec) -> None:
        if spec.embedding is None:
            return
        wanted = _dimension(spec, spec.embedding.field)
        given = vector_length(predict(client, spec.embedding.model_id, spec.embedding.probe))
        if given is None:
            raise InvalidSpec(
                f"Checking index {spec.name}",
                f"model {spec.embedding.model_id} answers without a vector",
                "Check that it is an embedding model with a post-process function.",
            )
        if given != wanted:
            raise InvalidSpec(
                f"Checking index {spec.name}",
                f"model {spec.embedding.model_id} returns vectors with {given} dimensions, but the field "
                f"{spec.embedding.field} has dimension {wanted}",
                "Set both to the same number.",
                "dimension-mismatch",
            )

    def create(self, client: Client, spec: IndexSpec, owner: Owner) -> str:
        body = readable(client, spec.body) | {"mappings": _mappings(spec, owner, {})}
        client.put(path_of(spec.name), body, once=True)
        return spec.name

    def update(self, client: Client, observed: Observed, spec: IndexSpec, owner: Owner) -> None:
        if BROKEN in observed.body:
            mend(client, observed.physical_id)
        present = flattened(observed.body.get("settings", {}))
        settings = {
            key: value
            for key, value in flattened(spec.body.get("settings", {})).items()
            if key not in present or contradicts(present, {key: value})
        }
        try:
            if settings:
                client.put(path_of(observed.physical_id, "_settings"), settings)
            # Sent last, because its mark means that the index matches the specification.
            client.put(path_of(observed.physical_id, "_mapping"), _mappings(spec, owner, _others_notes(observed)))
        except Rejected as error:
            raise InvalidSpec(
                f"Updating index {spec.name} in place",
                error.reason,
                "A new dimension, method or static setting needs a new index, so choose another name.",
                "dimension-mismatch",
            ) from error

    def release(self, client: Client, observed: Observed, spec: IndexSpec) -> None:
        notes = _notes(observed)
        frozen = str(flattened(observed.body.get("settings", {})).get("index.blocks.write")) == "true"
        # A frozen index was replaced by another index version. After the release, it takes writes again.
        open_again = {"index.blocks.write": None, "index.default_pipeline": notes.get("default_pipeline")}
        settings = {**(open_again if frozen else {}), **spec.restored}
        if settings:
            client.put(path_of(observed.physical_id, "_settings"), settings)
        client.put(path_of(observed.physical_id, "_mapping"), {"_meta": _others_notes(observed)})

    def delete(self, client: Client, observed: Observed, owner: Owner) -> str:
        if "default_pipeline" in _notes(observed):
            # If an ended invocation left a `_reindex` running, it would create the index again, without its mappings.
            cancel_reindex(client, observed.physical_id)
        try:
            client.delete(path_of(observed.physical_id))
        except NotFound:
            return "Index was already absent"
        return ""


def is_index_name(name: str) -> bool:
    """Whether an index or an alias may have this name."""
    return bool(_NAME.fullmatch(name)) and name not in (".", "..")


def _lost(present: dict[str, Any]) -> set[str]:
    """The pipeline settings that somebody has removed.

    A replaced index version has a write block and, correctly, no pipeline: then none is missing.
    """
    frozen = str(present.get("index.blocks.write")) == "true"
    return set() if frozen else {"index.default_pipeline", "index.search.default_pipeline"} - present.keys()


def _notes(observed: Observed) -> dict[str, Any]:
    notes: dict[str, Any] = observed.body.get("mappings", {}).get("_meta", {})
    return notes


def _others_notes(observed: Observed) -> dict[str, Any]:
    """The entries of `_meta` that the team has made. A write of `_meta` replaces all of it."""
    return {name: note for name, note in _notes(observed).items() if name not in OUR_NOTES}


def _mappings(spec: IndexSpec, owner: Owner, kept: dict[str, Any]) -> dict[str, Any]:
    mappings = dict(spec.body.get("mappings", {}))
    notes = {"osml": marked("", owner, digest_of(spec.body))}
    pipeline = flattened(spec.body.get("settings", {})).get("index.default_pipeline")
    if pipeline:  # kept as a note, because a replaced index version loses the setting
        notes["default_pipeline"] = pipeline
    return mappings | {"_meta": kept | mappings.get("_meta", {}) | notes}


def _dimension(spec: IndexSpec, path: str) -> int:
    mapping: dict[str, Any] = spec.body.get("mappings", {})
    for part in path.split("."):
        mapping = mapping.get("properties", {}).get(part, {})
    try:
        return int(mapping["dimension"])
    except (KeyError, ValueError, TypeError):
        raise InvalidSpec(
            f"Checking index {spec.name}",
            f"its mapping has no field {path} with a dimension",
            "Map the field as knn_vector with the model's dimension.",
        ) from None
