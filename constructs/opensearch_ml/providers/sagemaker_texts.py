"""How the domain sends texts to a SageMaker endpoint of its account."""

from __future__ import annotations

from typing import Any

from aws_cdk import Aws

from opensearch_ml.providers.embedding_endpoint import EmbeddingEndpoint
from opensearch_ml.providers.provider import Provider, client_config
from opensearch_ml.providers.request_script import of_texts, probe_of, with_parameters


def provider_of_texts(
    endpoint: EmbeddingEndpoint,
    *,
    name: str,
    body: str,
    model: str | None,
    connect_seconds: int,
    read_seconds: int,
    **action: Any,
) -> Provider:
    """The provider that sends `body` to `endpoint`.

    `body` contains `${parameters.input}` in place of the texts. `action` are further members of the connector's action.
    """
    invocations = f"https://runtime.sagemaker.{endpoint.region}.{Aws.URL_SUFFIX}/endpoints/{endpoint.name}/invocations"
    predict = {
        "action_type": "predict",
        "method": "POST",
        "url": invocations,
        "headers": {"content-type": "application/json", **endpoint.headers},
        **of_texts(body, {"input": "texts"}),
        **action,
    }
    return Provider(
        name=name,
        connector={
            "protocol": "aws_sigv4",
            "parameters": with_parameters({"region": endpoint.region, "service_name": "sagemaker"}),
            "client_config": client_config(connections=100, connect_seconds=connect_seconds, read_seconds=read_seconds),
            "actions": [predict],
        },
        statements=(endpoint.invoke,),
        probe=probe_of(body, {"input": ["ready"]}),
        vectors={"provider": "sagemaker", "endpoint": endpoint.name, "model": model},
    )
