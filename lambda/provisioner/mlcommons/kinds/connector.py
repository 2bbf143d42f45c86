"""Connector: the way to a model's provider. Never changed in place: a new one takes over, the old one goes.

A connector that a deployed model uses cannot be updated (400), so any change makes a new one with a new id;
the model is then moved to it. The digest in the mark tells an owner's old connector from its new one.
"""

# ruff: noqa: ARG002 - all kinds share one signature per verb

import contextlib
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from mlcommons.client import Client, path_of
from mlcommons.compare import contradicts
from mlcommons.errors import Conflict, NotFound, ProvisioningError, Rejected
from mlcommons.kind import Kind, Observed
from mlcommons.owner import Owner, digest_of, marked, read_mark
from mlcommons.search import hits, owned, server_made

_SHOWN = ("name", "version", "protocol", "parameters", "actions", "client_config")
_RETIRED = "Retired by osml"


@dataclass(frozen=True)
class ConnectorSpec:
    """`connector` is the body of ml-commons' connector creation.

    `secrets` refers to the values of its credential that are read when it is made, and never kept:
    `{"access_key": {"secretArn": …, "key": …}}`. Another `revision` asks for them to be read again.
    """

    connector: dict[str, Any]
    secrets: dict[str, Any] = field(default_factory=dict)
    revision: str = ""

    @property
    def digest(self) -> str:
        """Changes with the body and with what it refers to, never with a value in a secret."""
        if not self.secrets:
            return digest_of(self.connector)
        return digest_of({"connector": self.connector, "secrets": self.secrets, "revision": self.revision})


class Connector(Kind[ConnectorSpec]):
    name = "Connector"
    spec_type = ConnectorSpec
    replace_on = frozenset({"connector"})

    def could_be(self, physical_id: str, owner: Owner) -> bool:
        return server_made(physical_id)

    def find(self, client: Client, spec: ConnectorSpec, owner: Owner) -> Observed | None:
        for found_id, source in owned(client, "connectors", owner):
            if read_mark(source["description"]).digest == spec.digest:
                return _observed(found_id, source, owner)
        return None

    def read(self, client: Client, physical_id: str, owner: Owner) -> Observed | None:
        body = client.find(path_of("_plugins", "_ml", "connectors", physical_id))
        return body and _observed(physical_id, body, owner)

    def changes(self, observed: Observed, spec: ConnectorSpec) -> Collection[str]:
        if observed.digest != spec.digest or contradicts(observed.body, _shown(spec.connector)):
            return {"connector"}
        return ()

    def create(self, client: Client, spec: ConnectorSpec, owner: Owner) -> str:
        text = str(spec.connector.get("description", ""))
        body = spec.connector | {"description": marked(text, owner, spec.digest)}
        if spec.secrets:
            values = {name: client.secret(one["secretArn"], one["key"]) for name, one in spec.secrets.items()}
            body["credential"] = {**spec.connector.get("credential", {}), **values}
        try:
            return str(client.post("/_plugins/_ml/connectors/_create", body)["connector_id"])
        except Rejected as error:
            if "trusted connector endpoint" in error.cause:  # ml-commons 3.4 does not say which one
                error.tried = f"Connecting to {', '.join(_urls(spec.connector))}"
            raise

    def delete(self, client: Client, observed: Observed, owner: Owner) -> str:
        note = _remove(client, observed.physical_id)
        _sweep(client, owner, observed)
        return note


def _urls(connector: dict[str, Any]) -> list[str]:
    """The URLs that a connector calls, its parameters filled in."""
    urls = [str(action.get("url")) for action in connector.get("actions", ())]
    for name, value in connector.get("parameters", {}).items():
        urls = [url.replace(f"${{parameters.{name}}}", str(value)) for url in urls]
    return urls


def _shown(connector: dict[str, Any]) -> dict[str, Any]:
    """The part of a connector that the server shows again, as it shows it: no credential, upper-case actions.

    Parameters that are lists or objects come back as text of the server's own making and are left out.
    """
    shown = {key: value for key, value in connector.items() if key in _SHOWN}
    if "parameters" in shown:
        parameters = shown["parameters"].items()
        shown["parameters"] = {key: value for key, value in parameters if not isinstance(value, dict | list)}
    if "actions" in shown:
        shown["actions"] = [
            action | {"action_type": str(action.get("action_type")).upper()} for action in shown["actions"]
        ]
    return shown


def _remove(client: Client, connector_id: str) -> str:
    try:
        client.delete(path_of("_plugins", "_ml", "connectors", connector_id))
    except NotFound:
        return ""
    except Conflict as error:
        if _is_used(client, connector_id, error):
            raise
        return _retire(client, connector_id)
    return ""


def _is_used(client: Client, connector_id: str, refusal: Conflict) -> bool:
    """Read the models that the refusal names.

    ml-commons (seen in 3.4) looks for a connector's users with a match query on an analyzed field, so models
    whose connector id shares a token with ours, cut at hyphens, count as its users.
    """
    _, _, named = refusal.cause.rpartition("[")
    for model_id in named.rstrip("]. ").split(", "):
        if not server_made(model_id):
            return True
        model = client.find(path_of("_plugins", "_ml", "models", model_id))
        if model and model.get("connector_id") == connector_id:
            return True
    return False


def _retire(client: Client, connector_id: str) -> str:
    """Leave a connector that nobody uses and that cannot be deleted yet to a later sweep.

    Even the update may be falsely refused; the sweep then knows it by its owner's mark and its age.
    """
    with contextlib.suppress(ProvisioningError):
        client.put(path_of("_plugins", "_ml", "connectors", connector_id), {"name": _RETIRED})
    return f"retired: the engine wrongly says that Connector {connector_id} is in use; a later delete sweeps it"


def _sweep(client: Client, owner: Owner, deleted: Observed) -> None:
    """Delete retired connectors, and the owner's that are older than the one just deleted.

    The server itself refuses those that a model uses, and nobody may fail because of another's leftovers.
    """
    with contextlib.suppress(ProvisioningError):
        retired = hits(client, "connectors", {"match_phrase": {"name": _RETIRED}})
        candidates = [(found_id, source) for found_id, source in retired if source.get("name") == _RETIRED]
        age = deleted.body.get("created_time", 0)
        candidates += [hit for hit in owned(client, "connectors", owner) if hit[1].get("created_time", age) < age]
        for found_id, source in candidates:
            if read_mark(source.get("description")).owner and found_id != deleted.physical_id:
                with contextlib.suppress(ProvisioningError):
                    client.delete(path_of("_plugins", "_ml", "connectors", found_id))


def _observed(physical_id: str, body: dict[str, Any], owner: Owner) -> Observed:
    mark = read_mark(body.get("description"))
    return Observed(physical_id, mark.owner or owner, body, mark.digest)
