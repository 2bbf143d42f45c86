"""The provider that answers with the DeepSeek chat API."""

from __future__ import annotations

from opensearch_ml.providers.model_secret import ModelSecret
from opensearch_ml.providers.openai_chat import openai_chat
from opensearch_ml.providers.provider import Provider


def deepseek_chat(
    secret: ModelSecret,
    *,
    model: str = "deepseek-flash",
    host: str = "api.deepseek.com",
    temperature: float | None = None,
    max_tokens: int | None = None,
    thinking: bool = False,
    plans_queries: bool = False,
    connect_seconds: int = 5,
    read_seconds: int = 60,
) -> Provider:
    """The provider for `host`, which serves `/v1/chat/completions`.

    With `thinking` the model reasons first, within `max_tokens`; without it the request turns off the reasoning, which
    is the API's default. The reasoning is not in the content.
    https://api-docs.deepseek.com/guides/thinking_mode

    With `plans_queries` the provider is only for an agent with QueryPlanningTool.
    """
    return openai_chat(
        secret,
        model=model,
        host=host,
        path="/v1/chat/completions",
        temperature=temperature,
        max_tokens=max_tokens,
        token_limit="max_tokens",  # noqa: S106 the name of a member
        connect_seconds=connect_seconds,
        read_seconds=read_seconds,
        name="the DeepSeek chat API",
        members={"thinking": {"type": "enabled" if thinking else "disabled"}},
        # This adds a function that also reports empty content, which means that the reasoning used all tokens.
        thinks_aloud=thinking,
        plans_queries=plans_queries,
    )
