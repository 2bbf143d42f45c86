"""Calling a foundation model of Bedrock on demand: the connector's action, and what its role must be allowed."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam


def sigv4(region: str) -> dict[str, str]:
    """The connector's parameters by which the engine signs its requests for Bedrock in `region`."""
    return {"region": region, "service_name": "bedrock"}


def invoke_action(model: str, region: str, body: str, pre_process: str, post_process: str) -> dict[str, object]:
    """The predict action that sends `body` to `model`'s InvokeModel in `region`."""
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
