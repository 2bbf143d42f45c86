"""Takes a backup, lists backups, and restores one."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from osml.backup.keeper_function import KeeperFunction
from osml.failure import Failure
from osml.place import Place

UNDER_WAY = "IN_PROGRESS"
# Seconds between two requests for the state: the first pause, and the longest.
SOON, OFTEN = 1.0, 15.0


@dataclass(frozen=True)
class Restored:
    """The restored backup, and the number of documents by index."""

    snapshot: str
    documents: Mapping[str, int]


def listed(where: Place) -> list[dict[str, Any]]:
    """All backups of the environment, the oldest first: name, state, time and indexes of each. Raises Failure."""
    snapshots: list[dict[str, Any]] = KeeperFunction(where).request("list", where.env)["snapshots"]
    return snapshots


def take(where: Place, tell: Callable[[str], None]) -> dict[str, Any]:
    """Take a backup now, and return it when it is complete. Raises Failure when it ends in another state."""
    keeper = KeeperFunction(where)
    name = str(keeper.request("take", where.env)["snapshot"])
    tell(f"Taking the backup {name} …")

    def taken() -> dict[str, Any] | None:
        named = [snapshot for snapshot in keeper.request("list", where.env)["snapshots"] if snapshot["name"] == name]
        return next((snapshot for snapshot in named if snapshot["state"] != UNDER_WAY), None)

    backup = _waited(taken)
    if backup["state"] != "SUCCESS":
        raise Failure(f"The backup {name} is {backup['state']}: it lacks documents. See `osml logs --source keeper`.")
    return backup


def restore(
    of: str, into: Place, snapshot: str | None, tell: Callable[[str], None], *, replace: bool = False
) -> Restored:
    """Restore a backup of the environment `of`, by default its last one. Raises Failure."""
    keeper = KeeperFunction(into)
    begun = keeper.request("begin", of, snapshot=snapshot, replace=replace)
    targets: Sequence[str] = sorted(begun["indexes"].values())
    tell(f"Restoring {begun['snapshot']} of {of} into {', '.join(targets)} of {into.env} …")

    def back() -> dict[str, Any] | None:
        answer = keeper.request("finish", of, indexes=targets)
        return None if answer["waiting"] else answer

    return Restored(str(begun["snapshot"]), _waited(back)["documents"])


def _waited(look: Callable[[], dict[str, Any] | None]) -> dict[str, Any]:
    """Call `look` until it returns a result. A large index takes long, so only Ctrl-C ends the wait early."""
    pause = SOON
    while (result := look()) is None:
        time.sleep(pause)
        pause = min(OFTEN, pause * 1.5)
    return result
