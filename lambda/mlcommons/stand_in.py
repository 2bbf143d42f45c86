"""The temporary objects of a rotation: a stand-in for a connector, and a model that probes it.

Their names contain the connector's id and their marks name its owner, so the next rotation finds them.
"""

from mlcommons.client import Client
from mlcommons.kind import Observed
from mlcommons.kinds.model import Model
from mlcommons.owner import Owner
from mlcommons.retired import retire
from mlcommons.search import owned
from mlcommons.serving import stand_ins


def trial_name(connector_id: str) -> str:
    """The name of the models that probe this connector's stand-ins."""
    return f"Trial of {connector_id}"


def end_trials(client: Client, connector_id: str, owner: Owner) -> None:
    """Delete the models that probed this connector's stand-ins."""
    for model_id, source in owned(client, "models", owner).items():
        if source.get("name") == trial_name(connector_id):
            Model().delete(client, Observed(model_id, owner, source), owner)


def leave(client: Client, connector_id: str, owner: Owner) -> None:
    """Delete these models, and leave the stand-ins to the next sweep. Sends one request if there are no stand-ins.

    The stand-in cannot be swept before its model is deleted: no sweep deletes a connector that a model uses.
    """
    if left := stand_ins(client, connector_id, owner.stack):
        end_trials(client, connector_id, owner)
        for stand_in in left:
            retire(client, stand_in, owner)
