"""Which index of a collection an environment adopts, and why it leaves others unchanged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from osml.failure import Failure
from osml.takeover.choice import Choice, Inexpressible, only
from osml.takeover.contents import Contents, owner_of
from settings.index import FIELD, OWN_FIELDS

# The fields other than text and vector that osml writes, with the types that accept their values.
_TAKES = {"document": ("keyword",), "title": ("text", "keyword"), "stored": ("long",), "passages": ("integer", "long")}
_ID_FIELDS = ("id", "passage_id", "osml_id")
Fields = Mapping[str, Mapping[str, Any]]


def choose_index(contents: Contents, stack: str, index: str | None = None) -> Choice:
    """Adopt `index` for `stack`, or the only one that can be adopted. Raises Failure."""
    if index is not None and index not in contents.indexes:
        names = ", ".join(sorted(contents.indexes)) or "none"
        raise Failure(f"The collection has no index {index}. It has {names}.")
    choices: dict[str, Choice] = {}
    left: list[str] = []
    for name in sorted(contents.indexes) if index is None else [index]:
        try:
            choices[name] = _choice(contents, stack, name)
        except Inexpressible as reason:
            if index is not None:
                raise Failure(f"The index {name} cannot be adopted: {reason}.") from None
            left.append(f"The index {name} is not changed: {reason}.")
    chosen = only(list(choices), "index", "--index", "collection")
    if chosen is None:
        raise Failure(f"The collection has nothing that an environment can adopt. {' '.join(left)}".rstrip())
    return replace(choices[chosen], left=tuple(left))


def _choice(contents: Contents, stack: str, name: str) -> Choice:
    body = contents.indexes[name]
    owner = owner_of(body)
    if owner is not None and owner.stack != stack:
        raise Inexpressible(f"it belongs to the stack {owner.stack}")
    fields: Fields = body.get("mappings", {}).get("properties", {})
    pipeline = body.get("settings", {}).get("index", {}).get("default_pipeline")
    if pipeline not in (None, "_none"):
        raise Inexpressible(f"its ingest pipeline {pipeline} changes what is written, and osml embeds texts itself")
    for field, types in _TAKES.items():
        kind = fields.get(field, {}).get("type", "object") if field in fields else None
        if kind and kind not in types:
            raise Inexpressible(
                f"its field {field} is of the type {kind}, but osml needs this field for another purpose"
            )
    if "osml" in fields and owner is None:
        raise Inexpressible("its field osml is somebody else's, but osml needs this field for another purpose")
    return Choice(
        index=name,
        ingest_pipeline=None,
        search_pipeline=None,
        answer_pipeline=None,
        embedding=None,
        answer=None,
        text_field=_only_field(_texts(fields), "text"),
        embedding_field=_only_field(_vectors(fields), "vector"),
        id_field=_id_field(fields, ours=owner is not None),
    )


def _texts(fields: Fields) -> list[str]:
    there = [
        name
        for name, field in fields.items()
        if field.get("type") == "text" and field.get("index", True) is not False and name not in OWN_FIELDS
    ]
    return ["text"] if "text" in there else there


def _vectors(fields: Fields) -> Iterator[str]:
    return (name for name, field in fields.items() if field.get("type") == "knn_vector" and "dimension" in field)


def _only_field(names: Iterator[str] | list[str], kind: str) -> str:
    there = list(names)
    if len(there) != 1:
        named = ", ".join(there) if there else "none"
        raise Inexpressible(f"it needs one {kind} field, and has {named}")
    if not re.fullmatch(FIELD, there[0]):
        raise Inexpressible(f"the name of its {kind} field, {there[0]}, cannot be the value of a setting")
    return there[0]


def _id_field(fields: Fields, *, ours: bool) -> str:
    """A field for the ids of passages: `id` unless it has another type, such as a number."""
    for name in _ID_FIELDS:
        if name not in fields or (fields[name].get("type") == "keyword" and (name == "id" or ours)):
            return name
    raise Inexpressible(f"its fields {', '.join(_ID_FIELDS)} cannot contain ids of osml")
