"""What a rotation makes besides: a connector that stands in for another, and a model that tries it.

Their names say for which connector they are, their marks whose it is; so whoever comes next finds them.
"""

from mlcommons.client import Client
from mlcommons.kind import Observed
from mlcommons.kinds.model import Model
from mlcommons.owner import Owner
from mlcommons.retired import retire
from mlcommons.search import owned


def stand_in_name(connector_id: str) -> str:
    """Name of the connectors that stand in for this one."""
    return f"Stand-in for {connector_id}"


def trial_name(connector_id: str) -> str:
    """Name of the models that try a stand-in for this connector."""
    return f"Trial of {connector_id}"


def stand_ins(client: Client, connector_id: str, owner: Owner) -> list[str]:
    """Ids of the connectors that stand in for this one."""
    name = stand_in_name(connector_id)
    return [found for found, source in owned(client, "connectors", owner).items() if source.get("name") == name]


def end_trials(client: Client, connector_id: str, owner: Owner) -> None:
    """Delete the models that tried a stand-in for this connector."""
    for model_id, source in owned(client, "models", owner).items():
        if source.get("name") == trial_name(connector_id):
            Model().delete(client, Observed(model_id, owner, source), owner)


def leave(client: Client, connector_id: str, owner: Owner) -> None:
    """End the trials and leave the stand-ins to the next sweep; one request when there are none.

    A trial never outlives its stand-in: no sweep takes a connector that a model uses.
    """
    if found := stand_ins(client, connector_id, owner):
        end_trials(client, connector_id, owner)
        for stand_in in found:
            retire(client, stand_in, owner)
