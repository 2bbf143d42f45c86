"""Looking for marked objects among connectors, model groups and models, whose ids the server makes."""

import re
from collections.abc import Iterator
from typing import Any

from mlcommons.client import Client, path_of
from mlcommons.owner import Owner, read_mark

_ID = re.compile(r"[A-Za-z0-9_-]{20}")
_MOST = 100


def server_made(physical_id: str) -> bool:
    """Tell whether an id has the form of a document id made by OpenSearch (20 characters, base64url)."""
    return bool(_ID.fullmatch(physical_id))


def hits(client: Client, collection: str, query: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return (id, source) of up to 100 documents of `connectors`, `model_groups` or `models`."""
    path = path_of("_plugins", "_ml", collection, "_search")
    answer = client.post(path, {"query": query, "size": _MOST}) or {}
    return [(hit["_id"], hit["_source"]) for hit in answer.get("hits", {}).get("hits", [])]


def marked_by(owner: Owner) -> dict[str, Any]:
    """A query for what carries the owner's mark. It only narrows: analysis takes marks apart at hyphens."""
    return {"match_phrase": {"description": f"osml:{owner}"}}


def owned(client: Client, collection: str, owner: Owner) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what carries the owner's mark."""
    for found_id, source in hits(client, collection, marked_by(owner)):
        if read_mark(source.get("description")).owner == owner:
            yield found_id, source
