"""The provider that embeds with any API of the OpenAI kind."""

from __future__ import annotations

import json
import re

from aws_cdk import aws_iam as iam

from opensearch_ml.answer_secret import AnswerSecret
from opensearch_ml.provider import Provider, client_config


def openai_embedding(
    secret: AnswerSecret,
    *,
    model: str,
    host: str = "api.openai.com",
    path: str = "/v1/embeddings",
    dimension: int | None = None,
    connect_seconds: int = 5,
    read_seconds: int = 30,
) -> Provider:
    """`https://<host><path>` serves `model`; `dimension` is sent along unless None, which not every model takes."""
    members = [f'"model": {json.dumps(model)}', '"input": ${parameters.input}']
    members += [f'"dimensions": {dimension}'] if dimension else []
    action = {
        "action_type": "predict",
        "method": "POST",
        "url": f"https://{host}{path}",
        "headers": {
            "Content-Type": "application/json",
            "Authorization": f"Bearer ${{credential.secretArn.{secret.key}}}",
        },
        "request_body": f"{{{', '.join(members)}}}",
        "pre_process_function": "connector.pre_process.openai.embedding",
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
            "parameters": {"endpoint": host},
            "client_config": client_config(connections=30, connect_seconds=connect_seconds, read_seconds=read_seconds),
            "actions": [action],
        },
        credential={"secretArn": secret.arn},
        statements=(read,),
        trusted_endpoints=(f"^https://{re.escape(host)}/.*$",),
        probe={"parameters": {"input": ["ready"]}},
        vectors={"provider": "openai", "host": host, "model": model, "dimension": dimension},
    )
