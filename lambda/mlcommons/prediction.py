"""Predictions of a deployed model, to check that it answers and how long its vectors are."""

from typing import Any

from mlcommons.client import Client, path_of
from mlcommons.errors import NotFound, Unready


def predict(client: Client, model_id: str, probe: dict[str, Any]) -> list[dict[str, Any]]:
    """Send the body of a `_predict` and return the output tensors; raises `Unready` if there are none."""
    tried = f"Probing model {model_id}"
    try:
        answer = client.post(path_of("_plugins", "_ml", "models", model_id, "_predict"), probe)
    except NotFound as error:
        raise Unready(tried, error.reason, "The model or its connector does not exist.", error.cause) from error
    results = answer.get("inference_results") or []
    outputs = [output for result in results for output in result.get("output") or []]
    if not outputs:
        raise Unready(tried, "the answer is empty", "Check the connector's request body and functions.")
    return outputs


def vector_length(outputs: list[dict[str, Any]]) -> int | None:
    """Return the length of the first vector among the outputs, None without one."""
    for output in outputs:
        data = output.get("data")
        if isinstance(data, list) and data and all(isinstance(number, int | float) for number in data):
            return len(data)
    return None
