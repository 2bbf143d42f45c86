"""Searches for marked objects among connectors, model groups, models and agents, whose ids the server makes."""

import re
from typing import Any

from mlcommons.client import Client, path_of
from mlcommons.errors import NotFound
from mlcommons.owner import Owner, read_mark
from mlcommons.versions import updates_show_late

_ID = re.compile(r"[A-Za-z0-9_-]{20}")
_MOST = 100


def server_made(physical_id: str) -> bool:
    """Whether an id has the form of a document id made by OpenSearch (20 characters, base64url)."""
    return bool(_ID.fullmatch(physical_id))


def hits(client: Client, collection: str, query: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return (id, source) of up to 100 documents of `connectors`, `model_groups`, `models` or `agents`."""
    return searched(client, collection, {"query": query, "size": _MOST})


def searched(client: Client, collection: str, body: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return (id, source) of each hit; none while a collection has no index, for example before the first agent."""
    try:
        answer = client.post(path_of("_plugins", "_ml", collection, "_search"), body) or {}
    except NotFound:
        return []
    return [(hit["_id"], hit["_source"]) for hit in answer.get("hits", {}).get("hits", [])]


def marked_by(owner: Owner) -> dict[str, Any]:
    """A query for objects with the owner's mark. It also finds others, because the search splits marks at hyphens."""
    return {"match_phrase": {"description": f"osml:{owner}"}}


def current(client: Client, collection: str, results: list[tuple[str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """The found objects by id, in their present state: on versions where updates show late, each is read again."""
    if not results or not updates_show_late(client.version):
        return dict(results)
    read = {found_id: client.find(path_of("_plugins", "_ml", collection, found_id)) for found_id, _ in results}
    return {found_id: body for found_id, body in read.items() if body}


def owned(client: Client, collection: str, owner: Owner) -> dict[str, dict[str, Any]]:
    """The objects with the owner's mark, by id."""
    marked = hits(client, collection, marked_by(owner))
    ours = [hit for hit in marked if read_mark(hit[1].get("description")).owner == owner]
    return current(client, collection, ours)
