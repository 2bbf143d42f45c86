"""The provider that embeds with Cohere's text embeddings v3 on Bedrock."""

from __future__ import annotations

from aws_cdk import Aws

from opensearch_ml.providers.bedrock_invoke import invoke_connector, invoke_statement, sigv4
from opensearch_ml.providers.provider import Provider
from opensearch_ml.providers.request_script import of_texts, probe_of, with_parameters


def cohere_embedding(
    *,
    model: str = "cohere.embed-english-v3",
    region: str | None = None,
    truncate: str = "END",
    input_type: str = "search_document",
    connect_seconds: int = 5,
    read_seconds: int = 30,
) -> Provider:
    """The provider for `model` in `region` (default: the stack's).

    Vectors have 1024 numbers, and a call takes at most 96 texts.
    """
    region = region or Aws.REGION
    body = f'{{"texts": ${{parameters.texts}}, "input_type": "{input_type}", "truncate": "{truncate}"}}'
    return Provider(
        name="a Cohere embedding model on Bedrock",
        connector=invoke_connector(
            model,
            region,
            of_texts(body, {"texts": "texts"}),
            "connector.post_process.cohere.embedding",
            connect_seconds=connect_seconds,
            read_seconds=read_seconds,
            parameters=with_parameters(sigv4(region), together=96),
        ),
        statements=(invoke_statement(model, region),),
        probe=probe_of(body, {"texts": ["ready"]}),
        vectors={"provider": "cohere", "model": model, "truncate": truncate, "input_type": input_type},
    )
