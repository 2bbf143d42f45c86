"""The connector through which a connector's models predict: the connector itself, or its stand-in.

A rotation moves the models to a stand-in, and back after the connector has read its secret. Where the engine wrongly
refuses to update the connector (`mlcommons.retired`), the models stay with the stand-in, which has the new value.
"""

from collections.abc import Mapping
from typing import Any

from mlcommons.client import Client, path_of
from mlcommons.owner import read_mark
from mlcommons.retired import users_of
from mlcommons.search import current, hits


def stand_in_name(connector_id: str) -> str:
    """The name of this connector's stand-ins."""
    return f"Stand-in for {connector_id}"


def stand_ins(client: Client, connector_id: str, stack: str) -> dict[str, dict[str, Any]]:
    """The stand-ins of a connector of this stack: id → body."""
    name = stand_in_name(connector_id)
    # The search splits names at hyphens, so each name is compared.
    alike = hits(client, "connectors", {"match_phrase": {"name": name}})
    ours = [hit for hit in alike if hit[1].get("name") == name and _stack_of(hit[1]) == stack]
    return current(client, "connectors", ours)


def last_read(connector: Mapping[str, Any]) -> float | None:
    """When the connector was last written, and so read its secret, in seconds since 1970; None if unknown."""
    times = [int(connector[name]) for name in ("created_time", "last_updated_time") if connector.get(name)]
    return max(times) / 1000 if times else None


def serving(client: Client, connector_id: str, stack: str) -> str:
    """The id of the stand-in that models use and that is newer than the connector, otherwise the connector's id."""
    left = stand_ins(client, connector_id, stack)
    if not left:
        return connector_id
    used = set(users_of(client, list(left)).values())
    read = {stand_in: last_read(left[stand_in]) or 0.0 for stand_in in used}
    connector = client.find(path_of("_plugins", "_ml", "connectors", connector_id)) or {}
    newest = max(read, key=read.__getitem__, default=connector_id)
    return newest if read.get(newest, 0.0) > (last_read(connector) or 0.0) else connector_id


def _stack_of(body: Mapping[str, Any]) -> str | None:
    owner = read_mark(body.get("description")).owner
    return owner.stack if owner else None
