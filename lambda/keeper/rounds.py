"""One round: changed secrets, models that do not answer, objects that differ from the deployed ones, and the sweep."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

from mlcommons import Client, ProvisioningError
from mlcommons.client import path_of
from mlcommons.derived_vectors import WHY, mend
from mlcommons.drift import compare
from mlcommons.errors import Conflict, EngineThrottled, PermissionMissing, Unreachable, Unready
from mlcommons.prediction import predict
from mlcommons.retired import sweep
from mlcommons.rotation import renew, secrets_of, settle
from mlcommons.serving import last_read, serving
from mlcommons.watched import Watched
from report import KeeperFinding
from secret_change import names

# The `about` of a finding if the engine does not answer.
ENGINE = "the engine"


class Engines(Protocol):
    """Signs in to targets. All clients share the round's time; a client for `parts` of it stops after one part."""

    def __call__(self, target: dict[str, Any], parts: int = 1) -> Client: ...


class Round:
    """`changed_at` returns when a secret got its value, in seconds since 1970.

    `rotated` are the complete ARNs of secrets that have a new value, according to events.
    """

    def __init__(
        self,
        watched: Sequence[Watched],
        client_for: Engines,
        changed_at: Callable[[str], float],
        rotated: Iterable[str] = (),
    ) -> None:
        self._watched = watched
        self._client_for = client_for
        self._changed_at = changed_at
        self._rotated = list(rotated)
        self._connectors = [entry for entry in watched if entry.kind == "Connector"]
        self._models = [entry for entry in watched if entry.kind == "Model"]
        self._renewed: set[str] = set()

    def findings(self) -> Iterator[KeeperFinding]:
        """Do all steps in order and return the findings; stops at an engine that does not answer."""
        try:
            for connector in self._connectors:
                yield from self._guarded(connector, self._fresh)
            for model in self._models:
                yield from self._guarded(model, self._answering)
            for entry in self._watched:
                yield from self._guarded(entry, self._as_deployed)
            yield from self._swept()
        except Unreachable as error:
            yield KeeperFinding("Unhealed", ENGINE, str(error))

    def _guarded(self, entry: Watched, look: Callable[[Watched], Iterator[KeeperFinding]]) -> Iterator[KeeperFinding]:
        try:
            yield from look(entry)
        except Unreachable:
            raise
        except ProvisioningError as error:
            yield KeeperFinding("Unhealed", str(entry), str(error))

    def _fresh(self, connector: Watched) -> Iterator[KeeperFinding]:
        """Renew the connector if one of its secrets changed after it read them, or if a renewal has not updated it."""
        if not secrets_of(connector.wanted):
            return
        client = self._client_for(connector.target)
        observed = connector.verbs.read(client, connector.id, connector.owner)
        if observed is None:
            return  # `_as_deployed` reports that it is missing
        read = last_read(observed.body)
        unread = self._is_rotated(connector) or (read is not None and self._last_change(connector) > read)
        # A stand-in in use that is newer than the connector has the value that the connector lacks.
        if unread or serving(client, connector.id, connector.owner.stack) != connector.id:
            yield from self._renew(connector)
        elif settle(client, connector.id, connector.owner):
            yield KeeperFinding("Renewed", str(connector), "an interrupted renewal was completed")

    def _renew(self, connector: Watched) -> Iterator[KeeperFinding]:
        self._renewed.add(connector.id)
        users = [model for model in self._models if model.wanted.connector_id == connector.id]
        probes = {user.id: user.wanted.probe for user in users if user.asked}
        client = self._client_for(connector.target)
        # An event is about a value that no stand-in has read yet, whatever the clocks of both services say.
        changed_at = math.inf if self._is_rotated(connector) else self._last_change(connector)
        note = renew(client, connector.id, connector.wanted, connector.owner, probes, changed_at)
        if note is not None:
            yield KeeperFinding("Renewed", str(connector), note or "its secret was read again")

    def _is_rotated(self, connector: Watched) -> bool:
        return any(names(arn, known) for arn in self._rotated for known in secrets_of(connector.wanted))

    def _last_change(self, connector: Watched) -> float:
        return max(self._changed_at(arn) for arn in secrets_of(connector.wanted))

    def _answering(self, model: Watched) -> Iterator[KeeperFinding]:
        """Probe the model; if it does not answer, renew its connector or deploy it again."""
        # With this share, one slow model leaves time for its repair, for the other models and for the rest of the
        # round.
        parts = 2 * (len(self._models) + 1)
        trouble = _trouble(self._client_for(model.target, parts), model)
        if trouble is None:
            return
        client = self._client_for(model.target, parts)
        connector = next(
            (connector for connector in self._connectors if connector.id == model.wanted.connector_id), None
        )
        if _key_refused(trouble) and connector and secrets_of(connector.wanted):
            if connector.id not in self._renewed:
                yield from self._renew(connector)
                trouble_left = _trouble(client, model)
            else:
                trouble_left = trouble
            if trouble_left:
                raise trouble_left
        else:
            _deploy_again(client, model)
        yield KeeperFinding("Healed", str(model), str(trouble))

    def _as_deployed(self, entry: Watched) -> Iterator[KeeperFinding]:
        """Compare and change nothing: somebody may be working on it, and `osml deploy --repair` restores it.

        Damage by the engine itself is repaired.
        """
        client = self._client_for(entry.target)
        compared = compare(client, entry)
        if compared.is_broken:
            mend(client, entry.id)
            yield KeeperFinding("Healed", str(entry), WHY)
        elif compared.is_drift:
            yield KeeperFinding("Drifted", str(entry), f"it {compared.sentence}")

    def _swept(self) -> Iterator[KeeperFinding]:
        for connector in self._connectors[:1]:
            try:
                gone = sweep(self._client_for(connector.target))
            except ProvisioningError as error:
                yield KeeperFinding("Skipped", "retired connectors", str(error))
                return
            for connector_id in gone:
                yield KeeperFinding("Swept", f"Connector {connector_id}", "no model uses it")


def _key_refused(error: ProvisioningError) -> bool:
    """Whether the provider refuses the key, in contrast to a refusal of the keeper by the engine."""
    return isinstance(error, PermissionMissing) and "remote service" in error.reason


def _trouble(client: Client, model: Watched) -> ProvisioningError | None:
    """Why the model does not answer; None if it answers, or if its provider only throttles."""
    state = _state(client, model)
    if state != "DEPLOYED":
        return Unready(f"Checking model {model.id}", f"its state is {state}", cause="model-not-deployed")
    if not model.asked:
        return None
    try:
        predict(client, model.id, model.wanted.probe)
    except EngineThrottled:
        return None
    except ProvisioningError as error:
        return error
    return None


def _state(client: Client, model: Watched) -> str:
    observed = model.verbs.read(client, model.id, model.owner)
    if observed is None:
        raise Unready(f"Checking model {model.id}", "it is missing", "Run `osml deploy --repair`.", "model-missing")
    return str(observed.body.get("model_state"))


def _deploy_again(client: Client, model: Watched) -> None:
    """Undeploy the model if its state is deployed, then deploy it; raises if it still does not answer."""
    path, state = path_of("_plugins", "_ml", "models", model.id), _state(client, model)
    if state == "DEPLOYED":
        client.post(f"{path}/_undeploy")
    while state != "DEPLOYING":
        try:
            client.post(f"{path}/_deploy")
        except Conflict as error:  # the engine answers this right after undeploying (ml-commons 3.4)
            if not client.outlast(error):
                raise
        else:
            break
    if model.asked:
        model.verbs.ready(client, model.id, model.wanted)
