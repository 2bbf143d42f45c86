"""Connector: how ml-commons calls one provider. It is never changed in place; a new one replaces the old one.

A connector that a deployed model uses cannot be updated (400). So every change makes a new one with a new id, and the
model is moved to it. The digest in the mark distinguishes an owner's old connector from its new one.
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
from mlcommons.retired import is_retired, is_used, retire, sweep
from mlcommons.search import owned, server_made
from mlcommons.stand_in import leave

IN_USE = "still using this connector"
_SHOWN = ("name", "version", "protocol", "parameters", "actions", "client_config")


@dataclass(frozen=True)
class ConnectorSpec:
    """`connector` is the body of ml-commons' connector creation.

    `secrets` refers to values of its credential, which are read when it is made and never stored, e.g. `{"access_key":
    {"secretArn": …, "key": …}}`. A changed `revision` makes the kernel read them again.
    """

    connector: dict[str, Any]
    secrets: dict[str, Any] = field(default_factory=dict)
    revision: str = ""

    @property
    def digest(self) -> str:
        """Changes with the body and its references to secrets, never with the value of a secret."""
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
        for found_id, source in owned(client, "connectors", owner).items():
            if read_mark(source["description"]).digest == spec.digest and not is_retired(client, found_id):
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
            body["credential"] = credential_of(client, spec)
        try:
            return str(client.post("/_plugins/_ml/connectors/_create", body)["connector_id"])
        except Rejected as error:
            if "trusted connector endpoint" in error.reason:  # ml-commons 3.4 does not say which one
                error.tried = f"Connecting to {', '.join(urls_of(spec.connector))}"
            raise

    def adopt(self, client: Client, existing: Observed, spec: ConnectorSpec) -> None:
        """Read its secret again: in a rollback, the provider may refuse the connector's earlier value."""
        if not spec.secrets and "secretArn" not in spec.connector.get("credential", {}):
            return
        try:
            update = {"credential": credential_of(client, spec)}
            client.put(path_of("_plugins", "_ml", "connectors", existing.physical_id), update)
        except Rejected as error:
            if IN_USE not in error.reason:
                raise

    def delete(self, client: Client, observed: Observed, owner: Owner) -> str:
        note = _remove(client, observed.physical_id, owner)
        with contextlib.suppress(ProvisioningError):  # a leftover must not fail a deploy
            leave(client, observed.physical_id, owner)
            sweep(client)
        return note


def credential_of(client: Client, spec: ConnectorSpec) -> dict[str, Any]:
    """Return the credential for the server, with the values to which the specification refers."""
    values = {name: client.secret(reference["secretArn"], reference["key"]) for name, reference in spec.secrets.items()}
    return {**spec.connector.get("credential", {}), **values}


def urls_of(connector: dict[str, Any]) -> list[str]:
    """The URLs that a connector calls, with its parameters filled in."""
    urls = [str(action.get("url")) for action in connector.get("actions", ())]
    for name, value in connector.get("parameters", {}).items():
        urls = [url.replace(f"${{parameters.{name}}}", str(value)) for url in urls]
    return urls


def _shown(connector: dict[str, Any]) -> dict[str, Any]:
    """The part of a connector that the server returns, in its form: no credential, upper-case actions.

    Parameters that are lists or objects are left out, because the server returns them as its own text.
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


def _remove(client: Client, connector_id: str, owner: Owner) -> str:
    try:
        client.delete(path_of("_plugins", "_ml", "connectors", connector_id), once=True)
    except NotFound:
        return ""
    except Conflict:
        if is_used(client, connector_id):
            raise
        retire(client, connector_id, owner)
        return f"retired: the engine wrongly says that Connector {connector_id} is in use; it is removed later"
    return ""


def _observed(physical_id: str, body: dict[str, Any], owner: Owner) -> Observed:
    mark = read_mark(body.get("description"))
    return Observed(physical_id, mark.owner or owner, body, mark.digest)
