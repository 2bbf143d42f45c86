"""The provider that weighs words with a sparse encoder on a SageMaker endpoint."""

from __future__ import annotations

from opensearch_ml.providers.embedding_endpoint import EmbeddingEndpoint
from opensearch_ml.providers.provider import Provider
from opensearch_ml.providers.sagemaker_texts import provider_of_texts

TEMPLATE = '{"texts": ${parameters.input}, "sparse_embedding_format": "word"}'


def sagemaker_sparse(
    endpoint: EmbeddingEndpoint,
    *,
    model: str = "opensearch-project/opensearch-neural-sparse-encoding-v2-distill",
    connect_seconds: int = 5,
    read_seconds: int = 30,
) -> Provider:
    """The provider for `endpoint`, whose input is `{"texts": […]}` and whose answer is `[{word: weight, …}, …]`.

    This is the container of the notebook `deploy_sparse_model_to_SageMaker` in
    https://github.com/opensearch-project/ml-commons/tree/main/docs/model_serving_framework.

    `model` is the name of the endpoint's model; weights of different models are not comparable.
    """
    return provider_of_texts(
        endpoint,
        name="a sparse encoder on SageMaker",
        body=TEMPLATE,
        model=model,
        connect_seconds=connect_seconds,
        read_seconds=read_seconds,
    )
