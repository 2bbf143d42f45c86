"""On-demand calls of a foundation model on Bedrock: the connector, and its role's permissions."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from opensearch_ml.providers.provider import client_config


def sigv4(region: str) -> dict[str, str]:
    """The connector's parameters for signatures for Bedrock in `region`."""
    return {"region": region, "service_name": "bedrock"}


def invoke_connector(
    model: str,
    region: str,
    request: Mapping[str, object],
    post_process: str,
    *,
    connect_seconds: int,
    read_seconds: int,
    parameters: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """A connector that calls InvokeModel of `model`; `request` are the members of an action by `request_script`."""
    return {
        "protocol": "aws_sigv4",
        "parameters": sigv4(region) if parameters is None else dict(parameters),
        "client_config": client_config(connections=100, connect_seconds=connect_seconds, read_seconds=read_seconds),
        "actions": [_action(model, region, request, post_process)],
    }


def _action(model: str, region: str, request: Mapping[str, object], post_process: str) -> dict[str, object]:
    return {
        "action_type": "predict",
        "method": "POST",
        "url": f"https://bedrock-runtime.{region}.{Aws.URL_SUFFIX}/model/{model}/invoke",
        "headers": {"content-type": "application/json", "x-amz-content-sha256": "required"},
        **request,
        "post_process_function": post_process,
    }


def invoke_statement(model: str, region: str) -> iam.PolicyStatement:
    """A statement that allows InvokeModel on `model` in `region`; a foundation model's ARN contains no account."""
    arn = f"arn:{Aws.PARTITION}:bedrock:{region}::foundation-model/{model}"
    return iam.PolicyStatement(actions=["bedrock:InvokeModel"], resources=[arn])
