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
    """`shape` is the container's input: `array`, a JSON array of strings, or `inputs`, `{"inputs": […]}`.

    `model` is the endpoint's model: another model makes other vectors.
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
