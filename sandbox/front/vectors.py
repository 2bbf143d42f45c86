"""Changes the vector fields of a domain's index to those that this machine's k-NN plugin supports.

Amazon's plugin uses Faiss by default. The platform-independent plugin has no native library: with Faiss, the engine's
process would end at the first vector. So the engine gets Lucene's HNSW, and the answer has a `Warning` about that.
Clients see the field as they wrote it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from threading import Lock
from typing import Any

from sandbox.front.refusal import NotOffered

KEPT = "lucene"
# The properties of a field that only native engines support.
_NATIVE = ("engine", "mode", "compression_level")
_PARAMETERS = ("m", "ef_construction")
_DISTANCES = ("l2", "cosinesimil", "innerproduct")
_TRAINED = "A trained model needs the native library of faiss, which the local engine lacks; on Amazon it works."

Fields = dict[str, dict[str, Any]]


def refused_by(major: int) -> frozenset[str]:
    """The k-NN engines that a new index may not use in this major version of OpenSearch (k-NN #2573)."""
    return frozenset({"nmslib"}) if major >= 3 else frozenset()


def lucene_inward(mapping: dict[str, Any], *, knn: bool, refused: frozenset[str] = frozenset()) -> Fields:
    """Change a mapping (`{"properties": …}`) in place; returns the original fields by their paths.

    A field with an engine in `refused` is unchanged: the plugin then refuses it. A field without a method has the
    default engine only if the index has `index.knn`, and otherwise none. Raises `NotOffered` for a field with a trained
    model.
    """
    changed: Fields = {}
    for path, field in vector_fields(mapping):
        before = copy.deepcopy(field)
        if _engine_of(field) in refused:
            continue
        if _settle(field, knn=knn):
            changed[path] = before
    return changed


def refuse_training(segments: tuple[str, ...]) -> None:
    """Raises `NotOffered` for a request that trains a model."""
    if segments[:2] == ("_plugins", "_knn") and segments[-1] == "_train":
        raise NotOffered(_TRAINED)


def warning(fields: Fields) -> str:
    """The value of a `Warning` header about the changed fields (RFC 7234, 5.5)."""
    names = ", ".join(sorted(fields)).encode("ascii", "replace").decode().replace('"', "'")
    return f'299 osml-sandbox "Lucene keeps the vectors of {names} here: the local engine has no library for faiss"'


def says_knn(settings: Any) -> bool | None:
    """Whether index settings, nested or dotted, enable `index.knn`; None if they do not contain it."""
    for name, value in _flat(settings if isinstance(settings, dict) else {}):
        if name.removeprefix("index.") == "knn":
            return str(value).lower() == "true"
    return None


class WrittenFields:
    """The vector fields as clients wrote them, by index, if the engine has changed fields. Threads may share it."""

    def __init__(self) -> None:
        self._fields: dict[str, Fields] = {}
        self._lock = Lock()

    def remember(self, index: str, fields: Fields, *, made: bool) -> None:
        """Store the original fields. `made` is True for a new index: the fields of an earlier index are removed."""
        with self._lock:
            self._fields[index] = fields if made else {**self._fields.get(index, {}), **fields}

    def outward(self, answer: Any) -> bool:
        """Change the answer to `GET <index>` or `GET <index>/_mapping` in place; True if something has changed."""
        changed = False
        for index, described in answer.items() if isinstance(answer, dict) else ():
            written = self._fields.get(index)
            if not written or not isinstance(described, dict) or not isinstance(described.get("mappings"), dict):
                continue
            for path, field in vector_fields(described["mappings"]):
                if path in written and field.get("method", {}).get("engine") == KEPT:
                    field.pop("method")
                    field.update(copy.deepcopy(written[path]))
                    changed = True
        return changed


def vector_fields(mapping: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every vector field of a mapping and of its dynamic templates, with its path. A semantic field counts as one."""
    for name in ("properties", "fields"):
        container = mapping.get(name)
        for key, field in container.items() if isinstance(container, dict) else ():
            if isinstance(field, dict):
                where = f"{path}{key}"
                if field.get("type") in ("knn_vector", "semantic"):
                    yield where, field
                yield from vector_fields(field, f"{where}.")
    templates = mapping.get("dynamic_templates")
    for template in templates if isinstance(templates, list) else ():
        for key, rule in template.items() if isinstance(template, dict) else ():
            field = rule.get("mapping") if isinstance(rule, dict) else None
            if isinstance(field, dict) and field.get("type") == "knn_vector":
                yield f"{path}{key}", field


def _engine_of(field: dict[str, Any]) -> Any:
    method = field.get("method")
    return method.get("engine", field.get("engine")) if isinstance(method, dict) else field.get("engine")


def _settle(field: dict[str, Any], *, knn: bool) -> bool:
    if field["type"] == "semantic":
        dense = field.setdefault("dense_embedding_config", {})
        return isinstance(dense, dict) and _lucene(dense)
    if "model_id" in field:
        raise NotOffered(_TRAINED)
    method = field.get("method")
    if not isinstance(method, dict) and not knn and not any(name in field for name in _NATIVE):
        return False
    return _lucene(field)


def _lucene(field: dict[str, Any]) -> bool:
    method = field.get("method")
    method = method if isinstance(method, dict) else {}
    if _engine_of(field) == KEPT:
        return False
    for name in _NATIVE:
        field.pop(name, None)
    given = method.get("parameters")
    kept = {name: given[name] for name in _PARAMETERS if name in given} if isinstance(given, dict) else {}
    distance = method.get("space_type")
    space = {"space_type": distance if distance in _DISTANCES else "l2"} if distance else {}
    if field.get("space_type") not in (None, *_DISTANCES):
        field["space_type"] = "l2"
    field["method"] = {"name": "hnsw", "engine": KEPT, **space, **({"parameters": kept} if kept else {})}
    return True


def _flat(settings: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value
