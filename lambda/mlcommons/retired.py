"""Unused connectors that the engine does not delete yet: they are marked now and swept later.

ml-commons (3.4) looks for a connector's users with a match query on an analyzed field, which splits ids at hyphens.
Models whose connector id shares a part with ours therefore count as its users. For the same reason, the engine refuses
an update that would mark the connector. So a model group without models records the retirement: its name contains the
connector's id.
"""

import random

from mlcommons.client import Client, path_of
from mlcommons.errors import Conflict, Rejected
from mlcommons.owner import Owner, marked, read_mark
from mlcommons.search import current, hits, searched

_NAME = "Retired connector"
# The most that one search returns, and the most connectors that a sweep tries, with up to three requests each.
_MOST, _TRIED = 10_000, 100


def retire(client: Client, connector_id: str, owner: Owner) -> None:
    """Leave the connector to a later `sweep`; may be repeated."""
    body = {"name": f"{_NAME} {connector_id}", "description": marked("Deleted with its connector by osml", owner)}
    try:
        client.post("/_plugins/_ml/model_groups/_register", body)
    except (Conflict, Rejected):  # the name exists: it was retired before
        if not is_retired(client, connector_id):
            raise


def is_retired(client: Client, connector_id: str) -> bool:
    """Whether the connector waits for a sweep."""
    return any(retired_id == connector_id for _, retired_id, _ in _retired(client, f"{_NAME} {connector_id}"))


def sweep(client: Client) -> list[str]:
    """Delete the retired connectors of all owners, and return their ids.

    Of more than 100, it tries 100 at random, so those that always stay do not hide the others. A connector that a model
    uses (again) stays, without a request to delete it. Without retired connectors it costs one search. Raises
    `ProvisioningError` if the engine does not answer; connectors that it refuses to delete stay for the next sweep.
    """
    gone = []
    retired = _retired(client, _NAME)
    for group_id, connector_id, owner in random.sample(retired, min(_TRIED, len(retired))):
        path = path_of("_plugins", "_ml", "connectors", connector_id)
        shown = client.find(path)
        if shown and (read_mark(shown.get("description")).owner != owner or is_used(client, connector_id)):
            continue
        try:
            if shown:
                client.delete(path, once=True)
        except Conflict:
            continue
        client.delete(path_of("_plugins", "_ml", "model_groups", group_id))
        gone.append(connector_id)
    return gone


def is_used(client: Client, connector_id: str) -> bool:
    """Whether a model refers to the connector; reads the models."""
    return bool(users_of(client, [connector_id]))


def users_of(client: Client, connector_ids: list[str]) -> dict[str, str]:
    """The models that use one of the connectors: model id → connector id.

    The search splits ids, so each id is compared.
    """
    either = [{"match_phrase": {"connector_id": connector_id}} for connector_id in connector_ids]
    models = current(client, "models", hits(client, "models", {"bool": {"should": either}}))
    used = {model_id: str(body.get("connector_id")) for model_id, body in models.items()}
    return {model_id: connector_id for model_id, connector_id in used.items() if connector_id in connector_ids}


def _retired(client: Client, phrase: str) -> list[tuple[str, str, Owner]]:
    """Return the id of each model group that retires a connector, the connector's id and its owner."""
    retired = []
    named = {"query": {"match_phrase": {"name": phrase}}, "size": _MOST}
    for group_id, source in searched(client, "model_groups", named):
        name, owner = str(source.get("name")), read_mark(source.get("description")).owner
        if owner and name.startswith(f"{_NAME} "):
            retired.append((group_id, name.removeprefix(f"{_NAME} "), owner))
    return retired
