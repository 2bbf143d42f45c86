"""The objects of an environment in the engine, and their states."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mlcommons import Client, Owner, ProvisioningError
from mlcommons.client import path_of
from mlcommons.drift import Compared, compare
from mlcommons.errors import PermissionMissing
from mlcommons.owner import read_mark
from mlcommons.prediction import predict
from mlcommons.retired import is_retired, is_used
from mlcommons.search import searched
from mlcommons.watched import Watched

OK, MISSING, CHANGED, TAKEN_OVER = "ok", "missing", "changed", "taken over"
UNDEPLOYED, SILENT = "not deployed", "not answering"
RETIRED, LEFT_OVER, UNSEEN = "retired", "left over", "not visible to you"
_UNUSED = "the keeper or a later delete removes it"
_IN_USE = "models answer through it until the engine accepts the new key of its connector"
# States that a deploy with --repair ends, except for an object that was taken over: a person must decide first.
DRIFTED = (MISSING, CHANGED, TAKEN_OVER, UNDEPLOYED)
BAD = (*DRIFTED, SILENT)
COLLECTIONS = {"agents": "Agent", "connectors": "Connector", "model_groups": "ModelGroup", "models": "Model"}
# The limit of hits in a search; if a domain has more marked objects, only the first are listed.
MOST = 10_000


@dataclass(frozen=True)
class Entry:
    """One object: `state` is one of the words above, `detail` explains it in a few words.

    `fields` are those that somebody changed. `owner` is None for an object outside of the engine.
    """

    kind: str
    id: str
    owner: Owner | None
    state: str
    detail: str = ""
    fields: tuple[str, ...] = ()

    @property
    def is_drift(self) -> bool:
        """Whether the object differs from its stack."""
        return self.state in DRIFTED

    @property
    def is_healthy(self) -> bool:
        """Whether no fault is visible."""
        return self.state not in BAD


def entry(client: Client, watched: Watched) -> Entry:
    """The object in the engine. Raises `ProvisioningError` when the engine does not answer."""
    compared = compare(client, watched)
    if watched.kind == "Model" and compared.state in ("as deployed", "changed", "not deployed"):
        return _model(client, compared)
    return _entry(compared, *_SHOWN[compared.state](compared))


_SHOWN: dict[str, Callable[[Compared], tuple[str, str]]] = {
    "as deployed": lambda _: (OK, ""),
    "missing": lambda _: (MISSING, ""),
    "changed": lambda compared: (CHANGED, compared.difference),
    "taken over": lambda compared: (TAKEN_OVER, compared.sentence),
    "not visible": lambda compared: (UNSEEN, compared.reason),
}


def _entry(compared: Compared, state: str, detail: str) -> Entry:
    return Entry(compared.watched.kind, compared.watched.id, compared.watched.owner, state, detail, compared.fields)


def _model(client: Client, compared: Compared) -> Entry:
    state = compared.body.get("model_state")
    changed = compared.difference
    if compared.watched.probe is None or not compared.watched.asked:
        alive = state in ("DEPLOYED", "DEPLOYING")
        if alive and compared.fields:
            return _entry(compared, CHANGED, changed)
        return _entry(compared, OK if alive else UNDEPLOYED, f"{state}, not probed")
    try:
        predict(client, compared.watched.id, compared.watched.probe)
    except ProvisioningError as error:
        if compared.state == "changed":
            return _entry(compared, CHANGED, f"{changed}; it does not answer: {error.reason}")
        return _entry(compared, UNDEPLOYED if compared.state == "not deployed" else SILENT, error.reason)
    # The engine deploys an undeployed model on a call, so a model that answers is healthy.
    return _entry(compared, CHANGED, changed) if compared.fields else _entry(compared, OK, "answers")


def unexpected(client: Client, watched: Iterable[Watched], stacks: Iterable[str]) -> Iterator[Entry]:
    """All other objects with a mark of osml: leftovers of the environment's own `stacks`, and objects of others."""
    known = {(entry.kind, entry.id) for entry in watched}
    ours = set(stacks)
    for kind, found_id, owner, name in _marked(client):
        if (kind, found_id) in known:
            continue
        if owner.stack not in ours:
            yield Entry(kind, found_id, owner, OK)
        elif kind in ("Connector", "ModelGroup") and is_retired(client, _retired_connector(kind, found_id, name)):
            used = kind == "Connector" and is_used(client, found_id)
            yield Entry(kind, found_id, owner, RETIRED, _IN_USE if used else _UNUSED)
        else:
            yield Entry(kind, found_id, owner, LEFT_OVER, "no stack refers to it")


def _retired_connector(kind: str, found_id: str, name: str) -> str:
    """The id of the connector itself, or of the connector at the end of the model group's name."""
    return found_id if kind == "Connector" else name.rpartition(" ")[2]


def _marked(client: Client) -> Iterator[tuple[str, str, Owner, str]]:
    """Kind, id, owner and name of every marked object except shared lists."""
    for collection, kind in COLLECTIONS.items():
        for found_id, source in _documents(client, collection):
            yield from _of(kind, found_id, source.get("description"), str(source.get("name")))
    for folder, kind in (("_ingest", "IngestPipeline"), ("_search", "SearchPipeline")):
        for name, body in (client.find(path_of(folder, "pipeline")) or {}).items():
            yield from _of(kind, name, body.get("description"), name)
    indexes: dict[str, Any] = client.get("/_mapping")
    for name, body in indexes.items():
        yield from _of("Index", name, body.get("mappings", {}).get("_meta", {}).get("osml"), name)


def _documents(client: Client, collection: str) -> list[tuple[str, dict[str, Any]]]:
    body = {"query": {"match_all": {}}, "size": MOST, "_source": ["name", "description"]}
    try:
        return searched(client, collection, body)
    except PermissionMissing:
        # An environment that an earlier version deployed has no agents, and its operators may not search for them.
        if collection == "agents":
            return []
        raise


def _of(kind: str, found_id: str, text: object, name: str) -> Iterator[tuple[str, str, Owner, str]]:
    owner = read_mark(text if isinstance(text, str) else None).owner
    if owner:
        yield kind, found_id, owner, name
