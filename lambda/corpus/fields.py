"""Fields of a document: those that a file gave it, and those of its source that are ours.

A file's field whose name is one of ours, or one that the engine acts on, is kept under another: as a `name` and `value`
of the list `osml.kept`, where it means nothing. The ingest pipeline does the same with what the engine cannot hold.
"""

from collections.abc import Iterator, Mapping
from typing import Any

OURS = "osml"
# What a document is a part of, its vector, and the weights of its words: by their usual names.
RESERVED = frozenset({OURS, "document", "embedding", "word_weights"})


def kept(fields: Mapping[str, Any], text_field: str) -> dict[str, Any]:
    """The `fields` of a file as a source holds them; a title is a text."""
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


def given(source: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that `kept` was given."""
    return {**{name: value for name, value in source.items() if name != OURS}, **dict(_apart(source))}


def _apart(source: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    ours = source.get(OURS)
    for one in ours.get("kept", []) if isinstance(ours, dict) else []:
        yield one["name"], one["value"]
