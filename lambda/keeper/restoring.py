"""Restores a backup into the indexes that a deploy has made.

Documents and fields come from the backup. The owner's mark, the pipelines and the alias are those of this environment.
A backup contains no models or pipelines: the deploy has made them.
"""

from collections.abc import Sequence
from typing import Any

from calls.count_of import count_of
from mlcommons import Client, apply
from mlcommons.client import path_of
from mlcommons.errors import Conflict, InvalidSpec, NotFound, Unready
from mlcommons.owner import marked
from mlcommons.watched import Watched
from snapshots import Repository, Snapshot

TRIED = "Restoring a backup"


def chosen(repository: Repository, name: str | None) -> Snapshot:
    """The backup of that name, by default the last complete one.

    Raises NotFound if there is none, and Unready if it is not complete.
    """
    snapshots = repository.snapshots()
    if name is None:
        whole = [snapshot for snapshot in snapshots if snapshot.is_whole]
        if not whole:
            raise NotFound(
                TRIED, f"the repository {repository.name} has no complete backup", "Run `osml backup` there."
            )
        return whole[-1]
    for snapshot in snapshots:
        if snapshot.name == name:
            if not snapshot.is_whole:
                raise Unready(TRIED, f"{name} is {snapshot.state}", "Choose one of `osml backup --list`.")
            return snapshot
    raise NotFound(TRIED, f"there is no backup {name}", "Choose one of `osml backup --list`.")


def matched(snapshot: Snapshot, objects: Sequence[Watched]) -> dict[str, str]:
    """The index of this environment for each index of the backup.

    Both have the same name or, if `index.name` differs, the same last part. An index that only one side has, such as
    that of an assistant, is left out. Raises InvalidSpec if the index of the documents is missing.
    """
    pairs: dict[str, str] = {}
    names = {entry.id: entry for entry in objects if entry.kind == "Index"}
    for name in names:
        same = [index for index in snapshot.indexes if index == name]
        like = [index for index in snapshot.indexes if index.rpartition("-")[2] == name.rpartition("-")[2]]
        if source := next(iter([*same, *like]), None):
            pairs[source] = name
    documents = [str((entry.spec or {})["index"]) for entry in objects if entry.kind == "Alias"]
    missing = [name for name in documents if name not in pairs.values()]
    if missing:
        raise InvalidSpec(
            TRIED,
            f"{snapshot.name} has no index for {', '.join(missing)}, only {', '.join(snapshot.indexes)}",
            "Deploy with the `embedding` and `index` settings of the environment that was backed up, restore, and then "
            "change them.",
        )
    return pairs


def begin(repository: Repository, name: str | None, objects: Sequence[Watched], *, replace: bool) -> dict[str, Any]:
    """Begin to restore each index. Raises Conflict if one has documents that would be lost, unless `replace`."""
    client = repository.client
    repository.register()
    snapshot = chosen(repository, name)
    pairs = matched(snapshot, objects)
    held = {target: _documents(client, target) for target in pairs.values()}
    full = {target: count for target, count in held.items() if count}
    if full and not replace:
        said = ", ".join(f"{target} has {count_of(count, 'document')}" for target, count in full.items())
        raise Conflict(TRIED, said, "Add --replace to replace what is there, or restore into another environment.")
    for target, count in held.items():
        if count is not None:
            client.post(path_of(target, "_close"))
    for source, target in pairs.items():
        repository.restore(snapshot.name, source, target)
    return {"snapshot": snapshot.name, "indexes": pairs}


def finish(repository: Repository, targets: Sequence[str], objects: Sequence[Watched], *, own: bool) -> dict[str, Any]:
    """Return what is still being restored; once nothing is, make the indexes this environment's again."""
    client = repository.client
    waiting = [target for target in targets if not _is_back(client, target)]
    if waiting:
        return {"waiting": waiting}
    restored = [entry for entry in objects if entry.kind == "Index" and entry.id in targets]
    for entry in restored:
        note = {"_meta": {**_notes(client, entry.id), "osml": marked("", entry.owner)}}
        client.put(path_of(entry.id, "_mapping"), note)
    # The kernel applies what a deploy gives them. Indexes come first, because an alias needs an existing index.
    for entry in [*restored, *(entry for entry in objects if entry.kind == "Alias")]:
        apply(entry.verbs, entry.spec, client=client, owner=entry.owner, physical_id=entry.id)
    if not own:
        repository.forget()
    return {"waiting": [], "documents": {target: _documents(client, target) for target in targets}}


def _documents(client: Client, index: str) -> int | None:
    """The number of documents; None if there is no such index."""
    counted = client.find(path_of(index, "_count"))
    return None if counted is None else int(counted["count"])


def _is_back(client: Client, index: str) -> bool:
    health = client.find(path_of("_cluster", "health", index)) or {}
    recovering = client.get(path_of(index, "_recovery"), active_only="true")
    return health.get("status") in ("green", "yellow") and not recovering.get(index, {}).get("shards")


def _notes(client: Client, index: str) -> dict[str, Any]:
    body = client.get(path_of(index, "_mapping"))[index]
    return dict(body.get("mappings", {}).get("_meta", {}))
