"""Fields of osml's documents that an adopted index must have."""

from __future__ import annotations

from typing import Any


def added(mappings: dict[str, Any], text_field: str, id_field: str = "id") -> dict[str, Any]:
    """The fields that the index lacks, and a text field `id` with `fielddata`, because passages are sorted by it."""
    present = mappings.get("properties", {})
    wanted: dict[str, Any] = {id_field: {"type": "keyword"}, "title": {"type": "text"}, text_field: {"type": "text"}}
    fields = {name: field for name, field in wanted.items() if name not in present}
    if id_field == "id" and present.get("id", {}).get("type") == "text" and not present["id"].get("fielddata"):
        fields["id"] = {**present["id"], "fielddata": True}
    return fields
