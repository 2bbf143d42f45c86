"""The provider that orders passages anew with a rerank model on Bedrock."""

from __future__ import annotations

from aws_cdk import Aws

from opensearch_ml.bedrock_invoke import invoke_connector, invoke_statement
from opensearch_ml.provider import Provider

COHERE = "cohere.rerank"
BODY = '"query": "${parameters.query}", "documents": ${parameters.documents}'


def bedrock_rerank(
    *,
    model: str = "cohere.rerank-v3-5:0",
    region: str | None = None,
    connect_seconds: int = 5,
    read_seconds: int = 30,
) -> Provider:
    """`model` in `region`, the stack's by default, by InvokeModel; for OpenSearch 2.12 and later.

    Scores are between 0 and 1, of each passage by itself. Cohere wants to be told the version of its API.
    """
    region = region or Aws.REGION
    body = f'{{{BODY}, "api_version": 2}}' if model.startswith(COHERE) else f"{{{BODY}}}"
    before, after = (f"connector.{step}_process.cohere.rerank" for step in ("pre", "post"))
    return Provider(
        name="a rerank model on Bedrock",
        connector=invoke_connector(
            model, region, body, (before, after), connect_seconds=connect_seconds, read_seconds=read_seconds
        ),
        statements=(invoke_statement(model, region),),
        probe={"parameters": {"query": "ready", "documents": ["ready"]}},
    )
