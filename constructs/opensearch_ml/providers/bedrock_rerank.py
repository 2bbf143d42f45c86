"""The provider that reranks passages with a rerank model on Bedrock."""

from __future__ import annotations

from aws_cdk import Aws

from opensearch_ml.providers.bedrock_invoke import invoke_connector, invoke_statement
from opensearch_ml.providers.provider import Provider
from opensearch_ml.providers.request_script import of_texts, probe_of

COHERE = "cohere.rerank"
BODY = '"query": "${parameters.query}", "documents": ${parameters.documents}'


def bedrock_rerank(
    *,
    model: str = "cohere.rerank-v3-5:0",
    region: str | None = None,
    connect_seconds: int = 5,
    read_seconds: int = 30,
) -> Provider:
    """The provider that calls `model` in `region` (default: the stack's) through InvokeModel; OpenSearch 2.12 or later.

    The score of each passage is between 0 and 1. Requests to Cohere's models contain the version of their API.
    """
    region = region or Aws.REGION
    body = f'{{{BODY}, "api_version": 2}}' if model.startswith(COHERE) else f"{{{BODY}}}"
    return Provider(
        name="a rerank model on Bedrock",
        connector=invoke_connector(
            model,
            region,
            of_texts(body, {"query": "query", "documents": "texts"}),
            "connector.post_process.cohere.rerank",
            connect_seconds=connect_seconds,
            read_seconds=read_seconds,
        ),
        statements=(invoke_statement(model, region),),
        probe=probe_of(body, {"query": "ready", "documents": ["ready"]}),
    )
