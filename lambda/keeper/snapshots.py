"""A repository of snapshots in an S3 bucket, as the engine shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mlcommons import Client
from mlcommons.client import path_of

DONE, UNDER_WAY = "SUCCESS", "IN_PROGRESS"


@dataclass(frozen=True)
class Snapshot:
    """A snapshot of `indexes`, begun at `began`; `why` is the reason if it is not complete."""

    name: str
    state: str
    began: datetime
    indexes: tuple[str, ...]
    why: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it has every document of its indexes."""
        return self.state == DONE

    @property
    def shown(self) -> dict[str, Any]:
        """The snapshot as JSON: name, state, begin and indexes."""
        began = self.began.isoformat(timespec="seconds")
        return {"name": self.name, "state": self.state, "began": began, "indexes": list(self.indexes)}


@dataclass(frozen=True)
class Repository:
    """The repository `name`; its `place` has the bucket, region, base_path and role_arn that the engine uses."""

    client: Client
    name: str
    place: dict[str, Any]

    def register(self) -> None:
        """Register the bucket in the engine, unless it is registered with the same settings already."""
        known = (self.client.find(path_of("_snapshot", self.name)) or {}).get(self.name, {}).get("settings", {})
        # The engine shows all settings as texts, also booleans.
        if any(str(known.get(key)).lower() != str(value).lower() for key, value in self.place.items()):
            self.client.put(path_of("_snapshot", self.name), {"type": "s3", "settings": self.place})

    def forget(self) -> None:
        """Remove the registration from the engine; the content of the bucket stays."""
        self.client.delete(path_of("_snapshot", self.name))

    def snapshots(self) -> list[Snapshot]:
        """All snapshots, the oldest first."""
        answer = self.client.get(path_of("_snapshot", self.name, "_all"))
        return sorted(map(_read, answer["snapshots"]), key=lambda snapshot: (snapshot.began, snapshot.name))

    def take(self, name: str, indexes: Sequence[str]) -> None:
        """Begin a snapshot of only these indexes, without the cluster's settings, templates and pipelines."""
        body = {"indices": ",".join(sorted(indexes)), "include_global_state": False}
        self.client.put(path_of("_snapshot", self.name, name), body, once=True, wait_for_completion="false")

    def delete(self, name: str) -> None:
        """Delete a snapshot, and those of its files that no other snapshot uses."""
        self.client.delete(path_of("_snapshot", self.name, name))

    def restore(self, snapshot: str, index: str, to: str) -> None:
        """Begin to bring an index back under the name `to`, which must be closed or unused; its aliases stay."""
        body = {
            "indices": index,
            "include_global_state": False,
            "include_aliases": False,
            "rename_pattern": "^.*$",
            "rename_replacement": to,
        }
        self.client.post(path_of("_snapshot", self.name, snapshot, "_restore"), body, wait_for_completion="false")


def _read(answer: dict[str, Any]) -> Snapshot:
    began = datetime.fromtimestamp(answer.get("start_time_in_millis", 0) / 1000, UTC)
    failures = [str(failure.get("reason")) for failure in answer.get("failures", [])]
    why = "; ".join([*filter(None, [answer.get("reason")]), *failures])
    return Snapshot(answer["snapshot"], answer["state"], began, tuple(answer.get("indices", ())), why)
