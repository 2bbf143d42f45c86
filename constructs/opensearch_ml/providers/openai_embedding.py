"""The provider that embeds with any OpenAI-compatible API."""

from __future__ import annotations

import json

from aws_cdk import aws_iam as iam

from opensearch_ml.providers.model_secret import ModelSecret
from opensearch_ml.providers.provider import Provider, client_config
from opensearch_ml.providers.request_script import of_texts, probe_of, with_parameters


def openai_embedding(
    secret: ModelSecret,
    *,
    model: str,
    host: str = "api.openai.com",
    path: str = "/v1/embeddings",
    dimension: int | None = None,
    connect_seconds: int = 5,
    read_seconds: int = 30,
) -> Provider:
    """The provider for `model`, which `https://<host><path>` serves.

    `dimension` is sent unless it is None, because not every model accepts it.
    """
    members = [f'"model": {json.dumps(model)}', '"input": ${parameters.input}']
    members += [f'"dimensions": {dimension}'] if dimension else []
    template = f"{{{', '.join(members)}}}"
    action = {
        "action_type": "predict",
        "method": "POST",
        "url": f"https://{host}{path}",
        "headers": {
            "Content-Type": "application/json",
            "Authorization": f"Bearer ${{credential.secretArn.{secret.key}}}",
        },
        **of_texts(template, {"input": "texts"}),
        "post_process_function": "connector.post_process.openai.embedding",
    }
    read = iam.PolicyStatement(
        actions=["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
        resources=[secret.arn_to_allow],
    )
    return Provider(
        name=f"the embeddings API at {host}",
        connector={
            "protocol": "http",
            "parameters": with_parameters({"endpoint": host}),
            "client_config": client_config(connections=30, connect_seconds=connect_seconds, read_seconds=read_seconds),
            "actions": [action],
        },
        credential={"secretArn": secret.arn},
        statements=(read,),
        probe=probe_of(template, {"input": ["ready"]}),
        vectors={"provider": "openai", "host": host, "model": model, "dimension": dimension},
    )
