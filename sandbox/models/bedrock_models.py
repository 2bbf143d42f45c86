"""Bedrock's models: chat models with and without an inference profile, retired models, embedding and rerank models.

Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle.html, as of November 2026.
"""

import re

ON_DEMAND = ("amazon.nova-micro-v1:0", "amazon.nova-lite-v1:0", "amazon.nova-pro-v1:0")
BY_PROFILE = (
    "amazon.nova-2-lite-v1:0",
    "anthropic.claude-haiku-4-5-20251001-v1:0",
    "anthropic.claude-opus-4-1-20250805-v1:0",
    "anthropic.claude-opus-4-5-20251101-v1:0",
    "anthropic.claude-opus-4-8",
    "anthropic.claude-sonnet-4-5-20250929-v1:0",
    "anthropic.claude-sonnet-4-6",
    "anthropic.claude-sonnet-5",
    "deepseek.r1-v1:0",
)
EMBEDDING = (
    "amazon.titan-embed-text-v1",
    "amazon.titan-embed-text-v2:0",
    "cohere.embed-english-v3",
    "cohere.embed-multilingual-v3",
)
RERANK = ("amazon.rerank-v1:0", "cohere.rerank-v3-5:0")
GEOGRAPHIES = ("us", "eu", "apac", "jp", "au", "ca", "global", "us-gov")
RETIRED = (
    "amazon.nova-premier-v1:0",
    "anthropic.claude-3-haiku-20240307-v1:0",
    "anthropic.claude-3-sonnet-20240229-v1:0",
    "anthropic.claude-3-5-haiku-20241022-v1:0",
    "anthropic.claude-3-5-sonnet-20240620-v1:0",
    "anthropic.claude-3-5-sonnet-20241022-v2:0",
    "anthropic.claude-3-7-sonnet-20250219-v1:0",
    "anthropic.claude-opus-4-20250514-v1:0",
    "anthropic.claude-sonnet-4-20250514-v1:0",
)

_NAME = re.compile(
    r"(?:arn:aws:bedrock:[a-z0-9-]+:(?:\d{12})?:(?:inference-profile|foundation-model)/)?"
    r"(?:(us-gov|us|eu|apac|jp|au|ca|global)\.)?(.+)"
)


class Retired(Exception):
    """The model is retired; the message is Bedrock's."""


class Unknown(Exception):
    """The model does not exist, or needs an inference profile; the message is Bedrock's."""


def require_chat(name: str) -> None:
    """Raise `Retired` or `Unknown` unless `name` (an id, a profile or an ARN) is a chat model that can be called."""
    match = _NAME.fullmatch(name)
    geography, model = match.groups() if match else (None, name)
    if model in RETIRED:
        # Reported on 2026-08-29 in the issue 708 of accelerated-intelligent-document-processing-on-aws.
        raise Retired(
            "This model version has reached the end of its life. "
            "Please refer to the AWS documentation for more details."
        )
    if model in BY_PROFILE and geography is None:
        raise Unknown(
            f"Invocation of model ID {name} with on-demand throughput isn’t supported. Retry your request with "
            "the ID or ARN of an inference profile that contains this model."
        )
    if model not in (*ON_DEMAND, *BY_PROFILE):
        raise Unknown("The provided model identifier is invalid.")
