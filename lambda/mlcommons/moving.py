"""Moves a model to another connector, and returns when the model answers through it.

ml-commons (3.4, UpdateModelCacheTransportAction) answers the request as soon as each node has received it. A node calls
the old connector until it has loaded the model again. That takes about 0.1 s, or seconds on a busy engine. The profile
shows the object with which a node predicts; when this object changes, the node uses the new connector.
"""

from collections.abc import Callable
from typing import Any

from mlcommons.client import Client, path_of
from mlcommons.errors import ProvisioningError
from mlcommons.search import hits
from mlcommons.versions import updates_show_late

# The wait where the profile shows no object.
RELOAD_SECONDS = 2.0
# The longest wait for the nodes, needed in full only if one of them always shows the same object.
NODES_SECONDS = 10.0
# The longest wait for a search that still shows the earlier model; an index is refreshed every second, unless it is set
# otherwise.
SHOW_SECONDS = 5.0
# Waits begin below 16 ms and double, up to a quarter of a second.
_SOON, _STEADY = -4, 0


def move(client: Client, model_id: str, body: dict[str, str]) -> None:
    """PUT `body`, which names another `connector_id`, and wait until the nodes that serve the model have loaded it."""
    before = _predictors(client, model_id)
    client.put(path_of("_plugins", "_ml", "models", model_id), body)
    if before is None:
        client.patience.sleep(min(RELOAD_SECONDS, client.patience.left()))
    else:
        _wait(client, NODES_SECONDS, lambda: not before.items() & (_predictors(client, model_id) or before).items())
    if updates_show_late(client.version):
        # Until then the engine refuses to change or to delete the connector that the model had.
        _wait(client, SHOW_SECONDS, lambda: bool(hits(client, "models", _using(model_id, body["connector_id"]))))


def _wait(client: Client, seconds: float, moved: Callable[[], bool]) -> None:
    patience = client.patience
    since, attempt = patience.elapsed(), _SOON
    while not moved():
        if patience.elapsed() - since > seconds or not patience.wait(attempt):
            return
        attempt = min(attempt + 1, _STEADY)


def _using(model_id: str, connector_id: str) -> dict[str, Any]:
    return {"bool": {"filter": [{"ids": {"values": [model_id]}}, {"match_phrase": {"connector_id": connector_id}}]}}


def _predictors(client: Client, model_id: str) -> dict[str, str] | None:
    """The object with which each node predicts; None if the profile does not show it."""
    try:
        nodes = client.glance(path_of("_plugins", "_ml", "profile", "models", model_id)).get("nodes", {})
        return {node: str(shown["models"][model_id]["predictor"]) for node, shown in nodes.items()}
    except (ProvisioningError, LookupError, AttributeError, TypeError):
        return None
