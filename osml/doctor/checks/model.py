"""Every model answers its probe. An embedding model also answers several calls at once, as in a bulk."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

from mlcommons import ProvisioningError
from mlcommons.client import path_of
from mlcommons.prediction import predict, vector_length
from mlcommons.watched import Watched
from osml.doctor.checks import key, pipeline
from osml.doctor.checks.check import Check
from osml.doctor.checks.complaints import complaint, named
from osml.doctor.checks.context import Context
from osml.doctor.checks.verdict import Complaint, Skipped

Ask = Callable[[], list[dict[str, Any]]]
# Two calls would detect a provider that throttles half of them. Of four, the last ones wait if the connector's pool
# has only one connection.
AT_ONCE = 4
DEPLOYED = ("DEPLOYED", "DEPLOYING")
# The form of the ingest pipeline's calls, for a model without a known probe.
EMBEDS = {"text_docs": ["ready"], "target_response": ["sentence_embedding"]}


def models(context: Context) -> str:
    """Probe each model, and note the length of its vectors for the dimension check."""
    if context.on_collection:
        raise Skipped("a collection calls no models; the question check does")
    return ", ".join(_seen(context, model) for model in context.of_kind("Model"))


def _seen(context: Context, model: Watched) -> str:
    body = _read(context, model)
    name, state = str(body.get("name")), body.get("model_state")
    ask = _way_to_ask(context, model)
    if ask is None:
        if state not in DEPLOYED:
            raise _not_deployed(context, model, f"{name} is {state}")
        return f"{name} is {state}, not probed"
    try:
        length = vector_length(ask())
        if length is not None:
            context.vectors[model.id] = length
            _at_once(ask)
    except ProvisioningError as error:
        _explain(context, model, body, error)
    woken = "" if state in DEPLOYED else f" (was {state} until now)"
    return f"{name} answers{woken}" + (f" with {length} numbers" if length else "")


def _way_to_ask(context: Context, model: Watched) -> Ask | None:
    """The model's probe, or a call with a text for an embedding model without a probe.

    None for other models, and for models that must not be probed, for example because their endpoint may be stopped.
    """
    probe = model.probe
    if not model.asked:
        return None
    if probe is not None:
        return lambda: predict(context.client, model.id, probe)
    try:
        embeds = model.id in pipeline.embedding_ids(context)
    except (ProvisioningError, Complaint):  # the check of the pipelines reports it
        return None
    return (lambda: _embed(context, model.id)) if embeds else None


def _embed(context: Context, model_id: str) -> list[dict[str, Any]]:
    answer = context.client.post(path_of("_plugins", "_ml", "_predict", "text_embedding", model_id), EMBEDS)
    return [output for result in answer.get("inference_results", []) for output in result.get("output", [])]


def _read(context: Context, model: Watched) -> dict[str, Any]:
    body = context.client.find(path_of("_plugins", "_ml", "models", model.id))
    if body is None:
        raise complaint(context.place, "model-missing", f"The model {model.id} of {model.owner} is not in the engine")
    return dict(body)


def _at_once(ask: Ask) -> None:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        calls = [threads.submit(ask) for _ in range(AT_ONCE)]
    for future in calls:
        future.result()


def _explain(context: Context, model: Watched, body: dict[str, Any], error: ProvisioningError) -> NoReturn:
    name = named(error.cause, "model-failed")
    sentence = f"{body.get('name')} does not answer: {error.reason.rstrip('.')}"
    if name == "model-not-deployed":
        raise _not_deployed(context, model, sentence) from None
    if name == "key-refused":
        name = key.refused(context)
    if name == "endpoint-too-slow":
        config = _connector(context, body).get("client_config", {})
        sentence = f"{sentence}; its connector waits {config.get('read_timeout')} s for an answer"
    raise complaint(context.place, name, sentence) from None


def _not_deployed(context: Context, model: Watched, sentence: str) -> Exception:
    return complaint(context.place, "model-not-deployed", f"{sentence} ({model.id})")


def _connector(context: Context, body: dict[str, Any]) -> dict[str, Any]:
    return context.client.find(path_of("_plugins", "_ml", "connectors", str(body.get("connector_id")))) or {}


CHECK = Check("models", models, after="secret and key", rests_on_objects=True)
