"""A model is moved to another connector, and answers through it when this returns.

ml-commons (3.4, UpdateModelCacheTransportAction) answers the request as soon as each node has heard of it; until a node
has loaded the model anew, which takes some 0.1 s and on a busy engine seconds, it goes on to call the old connector. In
the profile a node shows the object that it predicts with, by a name of its own: once that is another, so is the
connector.
"""

from collections.abc import Callable
from typing import Any

from mlcommons.client import Client, path_of
from mlcommons.errors import ProvisioningError
from mlcommons.search import hits
from mlcommons.versions import updates_show_late

# How long it is waited for nodes that show nothing, or the same for ever.
RELOAD_SECONDS = 2.0
# And for a search that shows the model as it was; an index is refreshed every second, unless somebody has set it so.
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
        _wait(client, RELOAD_SECONDS, lambda: not before.items() & (_predictors(client, model_id) or before).items())
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
    """What each node that serves the model predicts with; None when that is not told."""
    try:
        nodes = client.glance(path_of("_plugins", "_ml", "profile", "models", model_id)).get("nodes", {})
        return {node: str(shown["models"][model_id]["predictor"]) for node, shown in nodes.items()}
    except (ProvisioningError, LookupError, AttributeError, TypeError):
        return None
