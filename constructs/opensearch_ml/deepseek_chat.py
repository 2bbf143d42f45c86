"""The provider that answers with the DeepSeek chat API."""

from __future__ import annotations

import re

from aws_cdk import aws_iam as iam

from opensearch_ml.answer_secret import AnswerSecret
from opensearch_ml.provider import Provider, client_config


def deepseek_chat(
    secret: AnswerSecret,
    *,
    model: str,
    host: str,
    temperature: float | None,
    max_tokens: int | None,
    connect_seconds: int,
    read_seconds: int,
) -> Provider:
    """`host` serves `/v1/chat/completions`; `temperature` and `max_tokens` are the API's own when None."""
    choices = {"temperature": temperature, "max_tokens": max_tokens}
    set_choices = {name: str(value) for name, value in choices.items() if value is not None}
    # The engine writes `messages` as JSON, so it stands without quotes; quotes and newlines arrive escaped.
    members = ['"model": "${parameters.model}"', '"messages": ${parameters.messages}']
    members += [f'"{name}": ${{parameters.{name}}}' for name in set_choices]
    action = {
        "action_type": "predict",
        "method": "POST",
        "url": "https://${parameters.endpoint}/v1/chat/completions",
        "headers": {
            "Content-Type": "application/json",
            "Authorization": f"Bearer ${{credential.secretArn.{secret.key}}}",
        },
        "request_body": f"{{{', '.join(members)}}}",
    }
    read = iam.PolicyStatement(
        actions=["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
        resources=[secret.arn_to_allow],
    )
    question = {"role": "user", "content": "Answer with the one word ready."}
    return Provider(
        name="the DeepSeek chat API",
        connector={
            "protocol": "http",
            "parameters": {"endpoint": host, "model": model, **set_choices},
            "client_config": client_config(connections=30, connect_seconds=connect_seconds, read_seconds=read_seconds),
            "actions": [action],
        },
        credential={"secretArn": secret.arn},
        statements=(read,),
        trusted_endpoints=(f"^https://{re.escape(host)}/.*$",),
        probe={"parameters": {"messages": [question]}},
        llm_model=model,
    )
