"""The provider that embeds with Cohere's text embeddings v3 on Bedrock."""

from __future__ import annotations

from aws_cdk import Aws

from opensearch_ml.bedrock_invoke import invoke_connector, invoke_statement
from opensearch_ml.provider import Provider


def cohere_embedding(
    *,
    model: str = "cohere.embed-english-v3",
    region: str | None = None,
    truncate: str = "END",
    input_type: str = "search_document",
    connect_seconds: int = 5,
    read_seconds: int = 30,
) -> Provider:
    """`model` in `region`, the stack's by default; vectors of 1024 numbers, at most 96 texts a call."""
    region = region or Aws.REGION
    body = f'{{"texts": ${{parameters.texts}}, "input_type": "{input_type}", "truncate": "{truncate}"}}'
    before, after = (f"connector.{step}_process.cohere.embedding" for step in ("pre", "post"))
    return Provider(
        name="a Cohere embedding model on Bedrock",
        connector=invoke_connector(
            model, region, body, (before, after), connect_seconds=connect_seconds, read_seconds=read_seconds
        ),
        statements=(invoke_statement(model, region),),
        probe={"parameters": {"texts": ["ready"]}},
        vectors={"provider": "cohere", "model": model, "truncate": truncate, "input_type": input_type},
    )
