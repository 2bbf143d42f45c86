"""What an environment has in the engine, object by object, and in which state each is."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mlcommons import Client, Observed, Owner, ProvisioningError, kind_named
from mlcommons.client import path_of
from mlcommons.errors import Refused
from mlcommons.owner import read_mark
from mlcommons.prediction import predict
from mlcommons.retired import is_retired
from osml.watched import Watched

OK, MISSING, CHANGED, SILENT = "ok", "missing", "changed", "not answering"
RETIRED, LEFT_OVER, UNSEEN = "retired", "left over", "not visible to you"
BAD = (MISSING, CHANGED, SILENT)
COLLECTIONS = {"connectors": "Connector", "model_groups": "ModelGroup", "models": "Model"}
# A search shows no more hits than this; a domain with more marked objects shows the first ones.
MOST = 10_000


@dataclass(frozen=True)
class Entry:
    """One object: `state` is one of the words above, `detail` says more about it, in a few words.

    `fields` are those changed by hand. `owner` is None for what is not in the engine.
    """

    kind: str
    id: str
    owner: Owner | None
    state: str
    detail: str = ""
    fields: tuple[str, ...] = ()

    @property
    def is_healthy(self) -> bool:
        """Nothing is wrong, as far as one sees."""
        return self.state not in BAD


def entry(client: Client, one: Watched) -> Entry:
    """The object as the engine has it. Raises `ProvisioningError` when the engine does not answer at all."""
    kind = kind_named(one.kind)
    try:
        observed = kind.read(client, one.id, one.owner)
    except Refused as error:
        # Only of the security API: who may read nothing else has no role of the engine at all.
        if one.kind not in ("Role", "RoleMapping"):
            raise
        return Entry(one.kind, one.id, one.owner, UNSEEN, error.cause)
    if observed is None:
        return Entry(one.kind, one.id, one.owner, MISSING)
    if observed.owner != one.owner:
        detail = f"belongs to {observed.owner or 'nobody'}"
        return Entry(one.kind, one.id, one.owner, CHANGED, detail, ("owner",))
    fields = tuple(sorted(kind.changes(observed, kind.parse(one.spec)))) if one.spec else ()
    if one.kind == "Model":
        return _model(client, one, observed, fields)
    detail = f"{', '.join(fields)} by hand" if fields else ""
    return Entry(one.kind, one.id, one.owner, CHANGED if fields else OK, detail, fields)


def _model(client: Client, one: Watched, observed: Observed, fields: tuple[str, ...]) -> Entry:
    state = observed.body.get("model_state")
    if one.probe is None or not one.asked:
        alive = state in ("DEPLOYED", "DEPLOYING")
        return Entry(one.kind, one.id, one.owner, OK if alive else SILENT, f"{state}, not asked")
    try:
        predict(client, one.id, one.probe)
    except ProvisioningError as error:
        return Entry(one.kind, one.id, one.owner, SILENT, error.cause, fields)
    # The engine deploys on a call what was undeployed; what answers is well.
    left = tuple(name for name in fields if name != "deployment")
    detail = f"{', '.join(left)} by hand" if left else "answers"
    return Entry(one.kind, one.id, one.owner, CHANGED if left else OK, detail, left)


def unexpected(client: Client, watched: Iterable[Watched], stacks: Iterable[str]) -> Iterator[Entry]:
    """Whatever else carries a mark of osml: what is left of the environment's own `stacks`, and what others own."""
    known = {(one.kind, one.id) for one in watched}
    ours = set(stacks)
    for kind, found_id, owner, name in _marked(client):
        if (kind, found_id) in known:
            continue
        if owner.stack not in ours:
            yield Entry(kind, found_id, owner, OK)
        elif kind in ("Connector", "ModelGroup") and is_retired(client, _retired_connector(kind, found_id, name)):
            yield Entry(kind, found_id, owner, RETIRED, "waits for a sweep")
        else:
            yield Entry(kind, found_id, owner, LEFT_OVER, "no stack refers to it")


def _retired_connector(kind: str, found_id: str, name: str) -> str:
    """The connector that an object may stand for: the one it is, or the one that a group's name ends with."""
    return found_id if kind == "Connector" else name.rpartition(" ")[2]


def _marked(client: Client) -> Iterator[tuple[str, str, Owner, str]]:
    """Kind, id, owner and name of every marked object but the shared lists."""
    for collection, kind in COLLECTIONS.items():
        body = {"query": {"match_all": {}}, "size": MOST, "_source": ["name", "description"]}
        answer = client.post(path_of("_plugins", "_ml", collection, "_search"), body) or {}
        for hit in answer.get("hits", {}).get("hits", []):
            source = hit["_source"]
            yield from _of(kind, hit["_id"], source.get("description"), str(source.get("name")))
    for folder, kind in (("_ingest", "IngestPipeline"), ("_search", "SearchPipeline")):
        for name, body in (client.find(path_of(folder, "pipeline")) or {}).items():
            yield from _of(kind, name, body.get("description"), name)
    indexes: dict[str, Any] = client.get("/_mapping")
    for name, body in indexes.items():
        yield from _of("Index", name, body.get("mappings", {}).get("_meta", {}).get("osml"), name)


def _of(kind: str, found_id: str, text: object, name: str) -> Iterator[tuple[str, str, Owner, str]]:
    owner = read_mark(text if isinstance(text, str) else None).owner
    if owner:
        yield kind, found_id, owner, name
