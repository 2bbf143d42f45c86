"""Changes the vector fields and settings of a collection's index to those that this machine's k-NN plugin supports.

OpenSearch Serverless has only Faiss. The platform-independent plugin has no native library, so an index gets Lucene's
HNSW in the engine, and answers show Faiss. Amazon manages shards and replicas itself and ignores them in requests. This
module removes them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.front.collection.record import Generation
from sandbox.front.refusal import InvalidArgument, NotOffered

SHOWN, KEPT = "faiss", "lucene"
_IGNORED = ("number_of_shards", "number_of_replicas", "auto_expand_replicas")
_PIPELINES = ("default_pipeline", "final_pipeline", "search.default_pipeline")


def index_inward(body: Mapping[str, Any], generation: Generation) -> dict[str, Any]:
    """The body that makes an index, for the engine. Raises `InvalidArgument`; `NotOffered` for aliases, pipelines."""
    if body.get("aliases"):
        raise NotOffered("Aliases exist on Amazon; the local cloud keeps none: create the index without them.")
    inward = dict(body)
    if isinstance(body.get("mappings"), dict):
        inward["mappings"] = mapping_inward(body["mappings"], generation)
    if isinstance(body.get("settings"), dict):
        inward["settings"] = settings_inward(body["settings"])
    return inward


def mapping_inward(mapping: Mapping[str, Any], generation: Generation) -> dict[str, Any]:
    """A mapping (`{"properties": …}`) with Lucene in its vector fields.

    Raises `InvalidArgument` as Amazon does: NextGen accepts no `engine` and chooses Faiss itself, Classic accepts only
    Faiss.
    """
    changed = copy.deepcopy(dict(mapping))
    for field in _vector_fields(changed):
        method = field.get("method") or {}
        engine = method.get("engine", field.get("engine"))
        if engine is not None and generation == "NEXTGEN":
            raise InvalidArgument("Field parameter 'engine' is not supported")
        if engine not in (None, SHOWN):
            reason = f"Failed to parse mapping [_doc]: Invalid engine: {engine}"
            raise InvalidArgument(reason, "mapper_parsing_exception")
        field.pop("engine", None)
        field["method"] = {"name": "hnsw", **method, "engine": KEPT}
    return changed


def settings_inward(settings: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """Settings, nested or dotted, without those that Amazon ignores. Raises `NotOffered` for pipelines."""
    kept: dict[str, Any] = {}
    for key, value in settings.items():
        name = f"{path}{key}".removeprefix("index.")
        if name in _PIPELINES:
            raise NotOffered(f"Pipelines exist on Amazon; the local cloud keeps none: leave out the setting {name}.")
        if isinstance(value, dict):
            if inner := settings_inward(value, f"{path}{key}."):
                kept[key] = inner
        elif name not in _IGNORED:
            kept[key] = value
    return kept


def answer_outward(answer: Any) -> Any:
    """Change the answer to `GET <index>` or `GET <index>/_mapping` in place: vector fields show Faiss."""
    for described in answer.values() if isinstance(answer, dict) else ():
        if isinstance(described, dict) and isinstance(described.get("mappings"), dict):
            for field in _vector_fields(described["mappings"]):
                if field.get("method", {}).get("engine") == KEPT:
                    field["method"]["engine"] = SHOWN
    return answer


def _vector_fields(mapping: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for container in (mapping.get("properties"), mapping.get("fields")):
        for field in container.values() if isinstance(container, dict) else ():
            if not isinstance(field, dict):
                continue
            if field.get("type") == "knn_vector":
                yield field
            yield from _vector_fields(field)
