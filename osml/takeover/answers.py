"""Whether the models of an engine answer, and how long their vectors are. Each model is called once."""

from __future__ import annotations

from mlcommons import Client, ProvisioningError
from mlcommons.prediction import predict, vector_length
from osml.takeover.contents import Contents
from osml.takeover.provider import Recognised, recognise


def silent(client: Client, contents: Contents) -> dict[str, str]:
    """Deployed models of known providers that do not answer, and why."""
    reasons: dict[str, str] = {}
    for id, body in contents.models.items():
        connector = contents.connectors.get(str(body.get("connector_id")))
        provider = recognise(connector, "") if connector and body.get("model_state") == "DEPLOYED" else None
        if isinstance(provider, Recognised):
            try:
                predict(client, id, provider.probe)
            except ProvisioningError as error:
                reasons[id] = f"{error.reason} ({error.cause})"
    return reasons


def dimension(client: Client, model: str, provider: Recognised) -> int | None:
    """The length of the model's vectors; None if it returns none. Raises `ProvisioningError`."""
    return vector_length(predict(client, model, provider.probe))
