"""The provider that embeds with a SageMaker endpoint."""

from __future__ import annotations

from aws_cdk import Aws

from opensearch_ml.providers.embedding_endpoint import EmbeddingEndpoint
from opensearch_ml.providers.provider import Provider, client_config
from opensearch_ml.providers.request_script import of_texts, probe_of, with_parameters

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
    action = {
        "action_type": "predict",
        "method": "POST",
        "url": f"https://runtime.sagemaker.{endpoint.region}.{Aws.URL_SUFFIX}/endpoints/{endpoint.name}/invocations",
        "headers": {"content-type": "application/json", **endpoint.headers},
        **of_texts(BODIES[shape], {"input": "texts"}),
        "post_process_function": "connector.post_process.default.embedding",
    }
    return Provider(
        name="a SageMaker embedding endpoint",
        connector={
            "protocol": "aws_sigv4",
            "parameters": with_parameters({"region": endpoint.region, "service_name": "sagemaker"}),
            "client_config": client_config(connections=100, connect_seconds=connect_seconds, read_seconds=read_seconds),
            "actions": [action],
        },
        statements=(endpoint.invoke,),
        probe=probe_of(BODIES[shape], {"input": ["ready"]}),
        vectors={"provider": "sagemaker", "endpoint": endpoint.name, "model": model},
    )
