"""Every model answers its probe; one that embeds also when it is asked several things at once, as a bulk does."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

from mlcommons import ProvisioningError
from mlcommons.client import path_of
from mlcommons.prediction import predict, vector_length
from osml.checks import key, pipeline
from osml.checks.complaints import complaint
from osml.checks.recognition import cause_of
from osml.checks.seat import Seat
from osml.checks.verdict import Complaint, Skipped
from osml.watched import Watched

Ask = Callable[[], list[dict[str, Any]]]
# Any two calls meet a provider that throttles half of them, and the last ones wait where a pool has one connection.
AT_ONCE = 4
DEPLOYED = ("DEPLOYED", "DEPLOYING")
# As the ingest pipeline asks, for a model whose own probe nobody wrote down.
EMBEDS = {"text_docs": ["ready"], "target_response": ["sentence_embedding"]}


def models(seat: Seat) -> str:
    """Ask each model; notes the length of its vectors for the check of the dimension."""
    if seat.on_collection:
        raise Skipped("a collection calls no models; the question below does")
    return ", ".join(_seen(seat, model) for model in seat.of_kind("Model"))


def _seen(seat: Seat, model: Watched) -> str:
    body = _read(seat, model)
    name, state = str(body.get("name")), body.get("model_state")
    ask = _way_to_ask(seat, model)
    if ask is None:
        if state not in DEPLOYED:
            raise _not_deployed(seat, model, f"{name} is {state}")
        return f"{name} is {state}, not asked"
    try:
        length = vector_length(ask())
        if length is not None:
            seat.vectors[model.id] = length
            _at_once(ask)
    except ProvisioningError as error:
        _explain(seat, model, body, error)
    woken = "" if state in DEPLOYED else f" (was {state} until now)"
    return f"{name} answers{woken}" + (f" with {length} numbers" if length else "")


def _way_to_ask(seat: Seat, model: Watched) -> Ask | None:
    """Its probe; without one, what embeds for the index is given a text. None for what may sleep, and for any other."""
    probe = model.probe
    if not model.asked:
        return None
    if probe is not None:
        return lambda: predict(seat.client, model.id, probe)
    try:
        embeds = model.id in pipeline.embedding_ids(seat)
    except (ProvisioningError, Complaint):  # told by the check of the pipelines
        return None
    return (lambda: _embed(seat, model.id)) if embeds else None


def _embed(seat: Seat, model_id: str) -> list[dict[str, Any]]:
    answer = seat.client.post(path_of("_plugins", "_ml", "_predict", "text_embedding", model_id), EMBEDS)
    return [output for result in answer.get("inference_results", []) for output in result.get("output", [])]


def _read(seat: Seat, model: Watched) -> dict[str, Any]:
    found = seat.client.find(path_of("_plugins", "_ml", "models", model.id))
    if found is None:
        raise complaint(seat.place, "model-missing", f"The model {model.id} of {model.owner} is not in the engine")
    return dict(found)


def _at_once(ask: Ask) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        asked = [threads.submit(ask) for _ in range(AT_ONCE)]
    for one in asked:
        one.result()


def _explain(seat: Seat, model: Watched, body: dict[str, Any], error: ProvisioningError) -> NoReturn:
    name = cause_of(error.cause, "model-failed")
    sentence = f"{body.get('name')} does not answer: {error.cause.rstrip('.')}"
    if name == "model-not-deployed":
        raise _not_deployed(seat, model, sentence) from None
    if name == "key-refused":
        name = key.refused(seat)
    if name == "endpoint-too-slow":
        config = _connector(seat, body).get("client_config", {})
        sentence = f"{sentence}; its connector waits {config.get('read_timeout')} s"
    raise complaint(seat.place, name, sentence) from None


def _not_deployed(seat: Seat, model: Watched, sentence: str) -> Exception:
    fix = f"POST /_plugins/_ml/models/{model.id}/_deploy; a keeper does it within minutes."
    return complaint(seat.place, "model-not-deployed", sentence, fix)


def _connector(seat: Seat, body: dict[str, Any]) -> dict[str, Any]:
    return seat.client.find(path_of("_plugins", "_ml", "connectors", str(body.get("connector_id")))) or {}
