"""The provider that embeds with Amazon Titan on Bedrock."""

from __future__ import annotations

from aws_cdk import Aws

from opensearch_ml.providers.bedrock_invoke import invoke_connector, invoke_statement
from opensearch_ml.providers.provider import Provider
from opensearch_ml.providers.request_script import of_texts, probe_of

V2 = "amazon.titan-embed-text-v2:0"


def tensor() -> str:
    """The script that turns Titan's answer into a tensor, for engines without a built-in function (before 2.13)."""
    return (
        'return \'{"name":"sentence_embedding","data_type":"FLOAT32","shape":[\' + params.embedding.size() '
        "+ '],\"data\":' + params.embedding + '}';"
    )


def titan_embedding(
    *,
    model: str = V2,
    region: str | None = None,
    dimension: int | None = None,
    normalize: bool = True,
    painless: bool = False,
    connect_seconds: int = 5,
    read_seconds: int = 30,
) -> Provider:
    """The provider for `model` in `region` (default: the stack's).

    `dimension` and `normalize` apply only to v2; the default dimension is 1024. `painless` uses a script instead of the
    function bedrock.embedding, which OpenSearch has since 2.13.
    """
    region = region or Aws.REGION
    choices: dict[str, object] = {"dimensions": dimension or 1024, "normalize": normalize} if model == V2 else {}
    members = ['"inputText": "${parameters.inputText}"']
    members += [f'"{name}": {str(value).lower()}' for name, value in choices.items()]
    body = f"{{{', '.join(members)}}}"
    return Provider(
        name="a Titan embedding model on Bedrock",
        connector=invoke_connector(
            model,
            region,
            of_texts(body, {"inputText": "text"}),
            tensor() if painless else "connector.post_process.bedrock.embedding",
            connect_seconds=connect_seconds,
            read_seconds=read_seconds,
        ),
        statements=(invoke_statement(model, region),),
        probe=probe_of(body, {"inputText": "ready"}),
        vectors={"provider": "titan", "model": model, **choices},
    )
