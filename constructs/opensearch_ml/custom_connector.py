"""The provider that answers through a connector that somebody wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import aws_iam as iam

from opensearch_ml.answer_secret import AnswerSecret
from opensearch_ml.provider import Provider, client_config

# Hosts that every domain trusts from the start.
TRUSTED = re.compile(r"https://(runtime\.sagemaker|bedrock-runtime)\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/.*")


def custom_connector(
    connector: Mapping[str, Any],
    *,
    url: str,
    secret: AnswerSecret | None,
    statements: Sequence[tuple[Sequence[str], Sequence[str]]],
    trusted_endpoints: Sequence[str],
    llm_model: str,
    llm_response_field: str | None,
    probe: Mapping[str, Any],
    connect_seconds: int = 5,
    read_seconds: int = 60,
) -> Provider:
    """`connector` is the body without name, version, credential and client_config; `url` its action's whole URL.

    `statements` are actions and resources for the connector's role, which may read `secret` besides. The host of
    `url` is trusted without being named in `trusted_endpoints`.
    """
    allowed = [iam.PolicyStatement(actions=[*actions], resources=[*resources]) for actions, resources in statements]
    host = re.sub(r"^(https://[^/]+).*$", r"\1", url)
    trusted = () if TRUSTED.fullmatch(f"{host}/") else (f"^{re.escape(host)}/.*$",)
    return Provider(
        name="a model of your own",
        connector={
            **connector,
            "client_config": client_config(connections=30, connect_seconds=connect_seconds, read_seconds=read_seconds),
        },
        credential={"secretArn": secret.arn} if secret else {},
        statements=(*allowed, *([secret.read] if secret else [])),
        trusted_endpoints=(*trusted, *trusted_endpoints),
        probe={"parameters": dict(probe)},
        llm_model=llm_model,
        llm_response_field=llm_response_field,
    )
