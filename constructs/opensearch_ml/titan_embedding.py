"""The provider that embeds with Amazon Titan on Bedrock."""

from __future__ import annotations

from aws_cdk import Aws

from opensearch_ml import titan_scripts
from opensearch_ml.bedrock_invoke import invoke_connector, invoke_statement
from opensearch_ml.provider import Provider

V2 = "amazon.titan-embed-text-v2:0"


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
    """`model` in `region`, the stack's by default. `dimension` and `normalize` are v2's, 1024 by default.

    `painless` replaces the functions that OpenSearch has since 2.13, bedrock.embedding, with scripts.
    """
    region = region or Aws.REGION
    choices: dict[str, object] = {"dimensions": dimension or 1024, "normalize": normalize} if model == V2 else {}
    if painless:
        body, before, after = titan_scripts.BODY, titan_scripts.pre_process(choices), titan_scripts.post_process()
        probe = {"body": titan_scripts.body("ready", choices)}
    else:
        # The engine escapes the text: it stands between quotes.
        members = ['"inputText": "${parameters.inputText}"']
        members += [f'"{name}": {str(value).lower()}' for name, value in choices.items()]
        body, probe = f"{{{', '.join(members)}}}", {"inputText": "ready"}
        before, after = (f"connector.{step}_process.bedrock.embedding" for step in ("pre", "post"))
    return Provider(
        name="a Titan embedding model on Bedrock",
        connector=invoke_connector(
            model, region, body, (before, after), connect_seconds=connect_seconds, read_seconds=read_seconds
        ),
        statements=(invoke_statement(model, region),),
        probe={"parameters": probe},
        vectors={"provider": "titan", "model": model, **choices},
    )
