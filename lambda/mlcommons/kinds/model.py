"""Model: a deployed remote model. It is ready when it has answered its probe, not when its state is DEPLOYED."""

# ruff: noqa: ARG002 - all kinds share one signature per verb

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlcommons.client import Client, path_of
from mlcommons.errors import NotFound, Rejected, Unready
from mlcommons.kind import Kind, Observed
from mlcommons.moving import move
from mlcommons.owner import Owner, digest_of, marked_again, read_mark
from mlcommons.prediction import predict
from mlcommons.search import owned, server_made
from mlcommons.serving import serving

_DEPLOYED = "DEPLOYED"
_ON_ITS_WAY = ("REGISTERING", "REGISTERED", "DEPLOYING")
_FAILED = "DEPLOY_FAILED"
_OFF = ("REGISTERED", "UNDEPLOYED", _FAILED)
# A remote model has its state within about 20 ms on an idle engine (ml-commons 3.4), within seconds on a busy one.
# Waits begin below 8 ms, and double every two waits. So at most a third of the time is waited too long.
_SOON, _STEP = -5.0, 0.5
# After this number of reads (about 0.2 s), a model that is still deployed is undeployed again. It stayed deployed twice
# in 800 deletes: every ten seconds ml-commons (2.19 to 3.6, MLSyncUpCron) writes the state of all models from what the
# nodes said a moment earlier. For the same reason a model that has just been deployed may be DEPLOY_FAILED.
_FORGOTTEN = 8
# A model is deployed again this number of times before DEPLOY_FAILED is an error.
_REPEATED = 2


@dataclass(frozen=True)
class ModelSpec:
    """`probe` is the body of a `_predict` the model must answer, e.g. `{"parameters": {"inputs": "hi"}}`.

    `generation` is the index version whose vectors the model makes. Another index version needs another model with
    another id; all other changes are made in place.
    """

    name: str
    model_group_id: str
    connector_id: str
    probe: dict[str, Any]
    description: str = ""
    generation: str | None = None


class Model(Kind[ModelSpec]):
    name = "Model"
    spec_type = ModelSpec
    replace_on = frozenset({"generation"})

    def could_be(self, physical_id: str, owner: Owner) -> bool:
        return server_made(physical_id)

    def find(self, client: Client, spec: ModelSpec, owner: Owner) -> Observed | None:
        for found_id, source in owned(client, "models", owner).items():
            if read_mark(source.get("description")).digest == _digest(spec):
                return Observed(found_id, owner, source)
        return None

    def read(self, client: Client, physical_id: str, owner: Owner) -> Observed | None:
        body = _read(client, physical_id)
        if body is None:
            return None
        return Observed(physical_id, read_mark(body.get("description")).owner or owner, body)

    def changes(self, observed: Observed, spec: ModelSpec) -> Collection[str]:
        assert observed.owner  # noqa: S101 - the kernel never compares another's object
        mark = read_mark(observed.body.get("description"))
        if mark.owner and mark.digest != _digest(spec):
            return {"generation"}
        wanted = _wanted(spec, observed.owner, observed.body)
        differing = {field for field, value in wanted.items() if observed.body.get(field) != value}
        # A new model may still be deploying, which is no change. A model that was undeployed or lost its nodes has
        # changed.
        lost = observed.body.get("model_state") not in (_DEPLOYED, *_ON_ITS_WAY)
        return differing | {"deployment"} if lost else differing

    def excused(self, client: Client, observed: Observed, spec: ModelSpec) -> Collection[str]:
        """The connector, while the model predicts through the connector's stand-in."""
        shown, owner = observed.body.get("connector_id"), observed.owner
        if owner is None or shown == spec.connector_id:
            return ()
        return {"connector_id"} if shown == serving(client, spec.connector_id, owner.stack) else ()

    def create(self, client: Client, spec: ModelSpec, owner: Owner) -> str:
        connector_id = serving(client, spec.connector_id, owner.stack)
        body = {"function_name": "remote", **_wanted(spec, owner, {}), "connector_id": connector_id}
        answer = client.post("/_plugins/_ml/models/_register", body, deploy="true")
        return str(answer["model_id"])

    def update(self, client: Client, observed: Observed, spec: ModelSpec, owner: Owner) -> None:
        wanted = _wanted(spec, owner, observed.body)
        if observed.body.get("connector_id") != spec.connector_id:
            wanted["connector_id"] = serving(client, spec.connector_id, owner.stack)
        body = {field: value for field, value in wanted.items() if observed.body.get(field) != value}
        if "connector_id" in body:
            move(client, observed.physical_id, body)
        elif body:
            client.put(path_of("_plugins", "_ml", "models", observed.physical_id), body)
        if "deployment" in self.changes(observed, spec):
            if "connector_id" in body and observed.body.get("model_state") in _OFF:
                # A node may have the model loaded although its state does not say so (see `_FORGOTTEN`). Then the PUT
                # does not load it again (ml-commons 3.4, UpdateModelTransportAction), `_deploy` does nothing on that
                # node, and it predicts through the earlier connector.
                _undeploy(client, observed.physical_id)
            _deploy(client, observed.physical_id)
            _wait_deployed(client, observed.physical_id)

    def ready(self, client: Client, physical_id: str, spec: ModelSpec, seen: Observed | None = None) -> None:
        # A prediction before DEPLOYED once ended in DEPLOY_FAILED (ml-commons 3.4): wait, then probe.
        if seen is None or seen.body.get("model_state") != _DEPLOYED:
            _wait_deployed(client, physical_id)
        predict(client, physical_id, spec.probe)

    def restore(self, client: Client, before: Observed) -> None:
        connector_id = before.body.get("connector_id")
        client.put(path_of("_plugins", "_ml", "models", before.physical_id), {"connector_id": connector_id})

    def release(self, client: Client, observed: Observed, spec: ModelSpec) -> None:
        text = read_mark(observed.body.get("description")).text
        client.put(path_of("_plugins", "_ml", "models", observed.physical_id), {"description": text})

    def delete(self, client: Client, observed: Observed, owner: Owner) -> str:
        model_id, off = observed.physical_id, observed.body.get("model_state") in _OFF
        try:
            for again in (False, True):
                if again or not off:
                    _undeploy(client, model_id)
                try:
                    client.delete(path_of("_plugins", "_ml", "models", model_id))
                    break
                except Rejected:  # it was about to be deployed, or its shown state was not the one in use (3.4)
                    if again:
                        raise
        except NotFound:
            return "Model was already absent"
        return ""


def _digest(spec: ModelSpec) -> str | None:
    return digest_of(spec.generation) if spec.generation else None


def _wanted(spec: ModelSpec, owner: Owner, shown: Mapping[str, Any]) -> dict[str, str]:
    return {
        "name": spec.name,
        "description": marked_again(shown.get("description"), spec.description, owner, _digest(spec)),
        "model_group_id": spec.model_group_id,
        "connector_id": spec.connector_id,
    }


def _read(client: Client, model_id: str) -> dict[str, Any] | None:
    body: dict[str, Any] | None = client.find(path_of("_plugins", "_ml", "models", model_id))
    return body


def _deploy(client: Client, model_id: str) -> None:
    client.post(path_of("_plugins", "_ml", "models", model_id, "_deploy"))


def _wait_deployed(client: Client, model_id: str) -> None:
    failed = 0
    for state in _looks(client, model_id, (_DEPLOYED,), "Deploying"):
        if state != _FAILED:
            continue
        if failed == _REPEATED * _FORGOTTEN:
            raise Unready(
                f"Deploying model {model_id}", f"its state is {_FAILED}", "See the engine's log.", "model-not-deployed"
            )
        if failed % _FORGOTTEN == 0:
            _deploy(client, model_id)
        failed += 1


def _undeploy(client: Client, model_id: str) -> None:
    path = path_of("_plugins", "_ml", "models", model_id, "_undeploy")
    client.post(path)
    for look, state in enumerate(_looks(client, model_id, _OFF, "Undeploying"), start=1):
        if state == _DEPLOYED and look % _FORGOTTEN == 0:
            client.post(path)


def _looks(client: Client, model_id: str, states: tuple[str, ...], tried: str) -> Iterator[str]:
    """The model's state, read repeatedly until it is one of `states`."""
    attempt = _SOON
    while True:
        body = _read(client, model_id)
        if body is None:
            raise NotFound(f"{tried} model {model_id}", "it no longer exists")
        state = str(body.get("model_state"))
        if state in states:
            return
        yield state
        if not client.patience.wait(attempt):
            hint = "Raise the function's timeout."
            raise Unready(f"{tried} model {model_id}", f"its state is still {state}", hint, "model-not-deployed")
        attempt += _STEP
