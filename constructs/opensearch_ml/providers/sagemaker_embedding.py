"""The provider that embeds with a SageMaker endpoint."""

from __future__ import annotations

from opensearch_ml.providers.embedding_endpoint import EmbeddingEndpoint
from opensearch_ml.providers.provider import Provider
from opensearch_ml.providers.sagemaker_texts import provider_of_texts

BODIES = {"array": "${parameters.input}", "inputs": '{"inputs": ${parameters.input}}'}


def sagemaker_embedding(
    endpoint: EmbeddingEndpoint,
    *,
    model: str | None = None,
    shape: str = "inputs",
    connect_seconds: int = 5,
    read_seconds: int = 30,
) -> Provider:
    """The provider for `endpoint`; `shape` is the shape of its input.

    `array` is a JSON array of strings, and `inputs` is `{"inputs": […]}`. `model` is the name of the endpoint's model;
    vectors of different models are not comparable.
    """
    return provider_of_texts(
        endpoint,
        name="a SageMaker embedding endpoint",
        body=BODIES[shape],
        model=model,
        connect_seconds=connect_seconds,
        read_seconds=read_seconds,
        post_process_function="connector.post_process.default.embedding",
    )
