"""Calling a foundation model of Bedrock on demand: the connector, and what its role must be allowed."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from opensearch_ml.provider import client_config


def sigv4(region: str) -> dict[str, str]:
    """The connector's parameters by which the engine signs its requests for Bedrock in `region`."""
    return {"region": region, "service_name": "bedrock"}


def invoke_connector(
    model: str, region: str, body: str, functions: tuple[str, str], *, connect_seconds: int, read_seconds: int
) -> dict[str, object]:
    """A connector that sends `body` to `model`'s InvokeModel; `functions` stand before it and after the answer."""
    return {
        "protocol": "aws_sigv4",
        "parameters": sigv4(region),
        "client_config": client_config(connections=100, connect_seconds=connect_seconds, read_seconds=read_seconds),
        "actions": [_action(model, region, body, *functions)],
    }


def _action(model: str, region: str, body: str, pre_process: str, post_process: str) -> dict[str, object]:
    return {
        "action_type": "predict",
        "method": "POST",
        "url": f"https://bedrock-runtime.{region}.{Aws.URL_SUFFIX}/model/{model}/invoke",
        "headers": {"content-type": "application/json", "x-amz-content-sha256": "required"},
        "request_body": body,
        "pre_process_function": pre_process,
        "post_process_function": post_process,
    }


def invoke_statement(model: str, region: str) -> iam.PolicyStatement:
    """Allows InvokeModel on `model` in `region`. Foundation models belong to no account."""
    arn = f"arn:{Aws.PARTITION}:bedrock:{region}::foundation-model/{model}"
    return iam.PolicyStatement(actions=["bedrock:InvokeModel"], resources=[arn])
