"""Makes a connector read its secret again, with the same id and without a failed prediction.

ml-commons (3.4) keeps the credential of a deployed model in memory and refuses to update a connector that a deployed
model uses. So a rotation has five steps: probe a stand-in with the secret's new value, move the models to it in place,
update the connector, move the models back, and delete the stand-in. If it stops between two steps, the models still
answer; another `renew`, or `settle`, finishes the work.

Where the engine wrongly says that the connector is in use, the models stay with the stand-in (`mlcommons.serving`).
"""

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from mlcommons.client import Client, path_of
from mlcommons.errors import NotOurs, ProvisioningError, Rejected, Unready
from mlcommons.kinds.connector import IN_USE, Connector, ConnectorSpec, credential_of
from mlcommons.kinds.model import Model, ModelSpec
from mlcommons.moving import move
from mlcommons.owner import Owner
from mlcommons.retired import is_used, retire, sweep, users_of
from mlcommons.serving import last_read, stand_in_name, stand_ins
from mlcommons.stand_in import end_trials, trial_name


def secrets_of(spec: ConnectorSpec) -> set[str]:
    """The ARNs of the secrets of the connector's credential, perhaps without their six random characters."""
    arns = {str(reference["secretArn"]) for reference in spec.secrets.values()}
    credential = spec.connector.get("credential", {})
    return arns | ({str(credential["secretArn"])} if "secretArn" in credential else set())


def renew(
    client: Client,
    connector_id: str,
    spec: ConnectorSpec,
    owner: Owner,
    probes: Mapping[str, dict[str, Any]],
    changed_at: float = math.inf,
) -> str | None:
    """Read the secret again for the connector and for every model that uses it.

    Returns a note, empty if all is done, or None if nothing changed: the models had the value of a stand-in, and the
    engine still refuses to update the connector. `probes` are bodies of a `_predict` by model id. With at least one, a
    separate model probes the new value first. If the provider refuses the value, that error is raised, and no model has
    changed. A stand-in that an earlier call has left is used again if it was made after `changed_at`, when the secret
    got its value, in seconds since 1970.
    """
    _require_ours(client, connector_id, owner)
    left = stand_ins(client, connector_id, owner.stack)
    if left:
        end_trials(client, connector_id, owner)
    before = users_of(client, [connector_id, *left])
    moved = bool(before) and _move_away(client, connector_id, spec, owner, probes, before, _newest(left, changed_at))
    try:
        client.put(path_of("_plugins", "_ml", "connectors", connector_id), {"credential": credential_of(client, spec)})
    except Rejected as error:
        if IN_USE not in error.reason or not before or is_used(client, connector_id):
            raise
        note = (
            "the models answer with the new value through a stand-in: the engine wrongly says that "
            f"Connector {connector_id} is in use"
        )
        return note if moved else None
    settle(client, connector_id, owner)
    return ""


def settle(client: Client, connector_id: str, owner: Owner) -> bool:
    """Finish a renewal that stopped after the connector was updated; False if there was nothing to finish."""
    ids = list(stand_ins(client, connector_id, owner.stack))
    if not ids:
        return False
    end_trials(client, connector_id, owner)
    for model_id in users_of(client, ids):
        move(client, model_id, {"connector_id": connector_id})
    for stand_in in ids:
        retire(client, stand_in, owner)
    sweep(client)
    return True


def _newest(left: Mapping[str, Mapping[str, Any]], changed_at: float) -> str | None:
    read = {stand_in: last_read(body) or 0.0 for stand_in, body in left.items()}
    return max((stand_in for stand_in in read if read[stand_in] > changed_at), key=read.__getitem__, default=None)


def _move_away(
    client: Client,
    connector_id: str,
    spec: ConnectorSpec,
    owner: Owner,
    probes: Mapping[str, dict[str, Any]],
    before: Mapping[str, str],
    earlier: str | None,
) -> bool:
    """Move the models to the `earlier` stand-in, or to a new one; False if they use it already."""
    if earlier and set(before.values()) == {earlier}:
        return False
    stand_in = earlier or Connector().create(client, _stand_in(spec, connector_id), owner)
    # Retired before a model uses it: any sweep deletes it as soon as no model uses it any more.
    retire(client, stand_in, owner)
    for model_id in list(before.keys() & probes.keys())[:1]:
        _try(client, connector_id, stand_in, model_id, probes[model_id], owner)
    for model_id, used in before.items():
        if used != stand_in:
            move(client, model_id, {"connector_id": stand_in})
    return True


def _require_ours(client: Client, connector_id: str, owner: Owner) -> None:
    tried = f"Renewing Connector {connector_id}"
    observed = Connector().read(client, connector_id, owner)
    if observed is None:
        raise Unready(tried, "it no longer exists", "Deploy again.")
    if observed.owner != owner:
        raise NotOurs(tried, f"it belongs to {observed.owner or 'no stack'}")


def _stand_in(spec: ConnectorSpec, connector_id: str) -> ConnectorSpec:
    return replace(spec, connector=spec.connector | {"name": stand_in_name(connector_id)})


def _try(client: Client, connector_id: str, stand_in: str, model_id: str, probe: dict[str, Any], owner: Owner) -> None:
    """Probe a separate model that uses the stand-in; raises the provider's refusal; no other model changes."""
    group = client.get(path_of("_plugins", "_ml", "models", model_id))["model_group_id"]
    spec = ModelSpec(trial_name(connector_id), str(group), stand_in, probe)
    try:
        Model().ready(client, Model().create(client, spec, owner), spec)
    except ProvisioningError:
        with suppress(ProvisioningError):  # the next renewal removes what is left
            end_trials(client, connector_id, owner)
            sweep(client)
        raise
    end_trials(client, connector_id, owner)
