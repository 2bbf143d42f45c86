"""Fields of a document: those of its file, and those that osml adds.

Some fields of a file are moved: those with the name of one of osml's fields, and those whose name has an effect on the
engine. A moved field becomes a `name` and a `value` in the list `osml.kept`, without an effect. The ingest pipeline
does the same with values that the engine cannot index.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

OURS = "osml"
# The usual names of the fields for a chunk's document, its vector, and its word weights.
RESERVED = frozenset({OURS, "document", "embedding", "word_weights"})


def kept(fields: Mapping[str, Any], text_field: str) -> dict[str, Any]:
    """The `fields` of a file in the form of `_source`; a title becomes text."""
    source: dict[str, Any] = {}
    apart: list[dict[str, Any]] = []
    for name, value in fields.items():
        if name != text_field and (name in RESERVED or name.startswith("_")):
            apart.append({"name": name, "value": value})
        elif name == "title" and not isinstance(value, str):
            if isinstance(value, int | float):
                source[name] = str(value)
            elif value is not None:
                apart.append({"name": name, "value": value})
        else:
            source[name] = value
    return {**source, OURS: {"kept": apart}} if apart else source


def with_source(fields: Mapping[str, Any], source: str) -> dict[str, Any]:
    """The `fields`, in the form of `_source`, with the name of the environment's source that has the document."""
    return {**fields, OURS: {**fields.get(OURS, {}), "source": source}}


def given(source: Mapping[str, Any]) -> dict[str, Any]:
    """The reverse of `kept`: the fields of the file."""
    return {**{name: value for name, value in source.items() if name != OURS}, **dict(_apart(source))}


def with_original(fields: Mapping[str, Any], digest: str) -> dict[str, Any]:
    """The `fields`, in the form of `_source`, with the digest of the document's stored file."""
    ours = fields.get(OURS, {})
    return {**fields, OURS: {**ours, "access": {**ours.get("access", {}), "original": digest}}}


def with_access(
    source: Mapping[str, Any],
    groups: Sequence[str],
    loader: str | None = None,
    role: str | None = None,
    *,
    original: str | None = None,
) -> dict[str, Any]:
    """The `source` with its access: the groups that may see the document, and its loader with their role.

    Without `groups`, everybody may see it. `original` is the digest of its file, if that is stored. A file cannot set
    any of these, because `kept` moves its own `osml` field.
    """
    known = {
        "groups": [*dict.fromkeys(groups)],
        "loader": loader,
        "role": role if loader else None,
        "original": original,
    }
    access = {name: value for name, value in known.items() if value}
    ours = {name: value for name, value in (source.get(OURS) or {}).items() if name != "access"}
    ours |= {"access": access} if access else {}
    return {**{name: value for name, value in source.items() if name != OURS}, **({OURS: ours} if ours else {})}


def _apart(source: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    ours = source.get(OURS)
    for field in ours.get("kept", []) if isinstance(ours, dict) else []:
        yield field["name"], field["value"]
