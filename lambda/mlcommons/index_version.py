"""The versions of an index: physical indexes `<alias>-…` of one owner, one of which has the alias."""

import contextlib
import re
from dataclasses import dataclass
from typing import Any

from mlcommons.client import Client, path_of
from mlcommons.errors import NotFound, Unready
from mlcommons.owner import Owner, read_mark

NO_PIPELINE = "_none"


@dataclass(frozen=True)
class IndexVersion:
    """An index as the server shows it: its name, the owner in its mark, its aliases, mappings and settings."""

    name: str
    owner: Owner | None
    body: dict[str, Any]

    @property
    def uuid(self) -> str:
        """Unique for each index that ever existed, also under the same name."""
        return str(self._settings.get("uuid"))

    @property
    def is_frozen(self) -> bool:
        """Whether it has a write block: another index version has replaced it or is about to."""
        return str(self._settings.get("blocks", {}).get("write")) == "true"

    @property
    def meta(self) -> dict[str, Any]:
        """The notes in its mappings."""
        return dict(self.body.get("mappings", {}).get("_meta", {}))

    @property
    def pipeline(self) -> str | None:
        """The ingest pipeline of its specification, even while the index is blocked and its setting names none."""
        return self.meta.get("default_pipeline")

    @property
    def vectors(self) -> list[str]:
        """The fields that contain vectors."""
        return self._fields("knn_vector")

    @property
    def embedded(self) -> list[str]:
        """The fields that a pipeline makes from the text: vectors and word weights.

        An `exists` query fails for word weights.
        """
        return self._fields("knn_vector", "rank_features")

    def bears(self, alias: str) -> bool:
        """Whether the alias names this index."""
        return alias in self.body.get("aliases", {})

    def _fields(self, *types: str) -> list[str]:
        fields: dict[str, Any] = self.body.get("mappings", {}).get("properties", {})
        return [name for name, field in fields.items() if field.get("type") in types]

    @property
    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = self.body.get("settings", {}).get("index", {})
        return settings


def index_versions(client: Client, alias: str, *adopted: str) -> list[IndexVersion]:
    """All indexes named `alias`, `alias-…` or as `adopted`, of any owner, in one request."""
    names = dict.fromkeys((alias, f"{alias}-*", *(name for name in adopted if not name.startswith(f"{alias}-"))))
    answer = client.find(path_of(",".join(names)), ignore_unavailable="true") or {}
    return [
        IndexVersion(name, read_mark(body.get("mappings", {}).get("_meta", {}).get("osml")).owner, body)
        for name, body in answer.items()
    ]


def give(client: Client, alias: str, new: str, old: str | None = None) -> None:
    """Move the alias from `old` to `new` in one request."""
    actions: list[dict[str, Any]] = [{"remove": {"index": old, "alias": alias}}] if old else []
    actions.append({"add": {"index": new, "alias": alias, "is_write_index": True}})
    client.post("/_aliases", {"actions": actions})


def take(client: Client, alias: str, names: list[str]) -> None:
    """Remove the alias from these indexes; an alias without an index no longer exists."""
    client.post("/_aliases", {"actions": [{"remove": {"index": name, "alias": alias}} for name in names]})


def cancel_reindex(client: Client, to: str) -> None:
    """Cancel the `_reindex` tasks into `to` that an ended invocation has left.

    Returns when they have ended. Raises `Unready` if some still run when the patience is used up.
    """
    into = re.compile(rf"to \[{re.escape(to)}\]")
    attempt = 0
    while running := [id for id, description in tasks(client, "*reindex").items() if into.search(description)]:
        for id in running:
            with contextlib.suppress(NotFound):
                client.post(path_of("_tasks", id, "_cancel"))
        if not client.patience.wait(min(attempt, 2)):
            who = "1 task still copies" if len(running) == 1 else f"{len(running)} tasks still copy"
            raise Unready(f"Stopping the copies to {to}", who + " documents to it", "Try again in a few minutes.")
        attempt += 1


def tasks(client: Client, actions: str) -> dict[str, str]:
    """The running tasks of all nodes, id → description, with their children."""
    answer = client.get("/_tasks", actions=actions, detailed="true")
    return {
        id: str(task.get("description"))
        for node in answer.get("nodes", {}).values()
        for id, task in node.get("tasks", {}).items()
    }
