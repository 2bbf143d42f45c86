"""The provider that weighs words with a sparse encoder on a SageMaker endpoint."""

from __future__ import annotations

from aws_cdk import Aws

from opensearch_ml.providers.embedding_endpoint import EmbeddingEndpoint
from opensearch_ml.providers.provider import Provider, client_config
from opensearch_ml.providers.request_script import of_texts, probe_of, with_parameters

TEMPLATE = '{"texts": ${parameters.input}, "sparse_embedding_format": "word"}'


def sagemaker_sparse(
    endpoint: EmbeddingEndpoint,
    *,
    model: str = "opensearch-project/opensearch-neural-sparse-encoding-v2-distill",
    connect_seconds: int = 5,
    read_seconds: int = 30,
) -> Provider:
    """`endpoint` takes `{"texts": […]}` and answers `[{word: weight, …}, …]`, as the container does that ml-commons
    describes in docs/model_serving_framework/deploy_sparse_model_to_SageMaker.ipynb.

    `model` is the endpoint's model: another model makes other weights.
    """
    action = {
        "action_type": "predict",
        "method": "POST",
        "url": f"https://runtime.sagemaker.{endpoint.region}.{Aws.URL_SUFFIX}/endpoints/{endpoint.name}/invocations",
        "headers": {"content-type": "application/json", **endpoint.headers},
        **of_texts(TEMPLATE, {"input": "texts"}),
    }
    return Provider(
        name="a sparse encoder on SageMaker",
        connector={
            "protocol": "aws_sigv4",
            "parameters": with_parameters({"region": endpoint.region, "service_name": "sagemaker"}),
            "client_config": client_config(connections=100, connect_seconds=connect_seconds, read_seconds=read_seconds),
            "actions": [action],
        },
        statements=(endpoint.invoke,),
        probe=probe_of(TEMPLATE, {"input": ["ready"]}),
        vectors={"provider": "sagemaker", "endpoint": endpoint.name, "model": model},
    )
