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
    """`host` serves `/v1/chat/completions`. With `thinking` the model reasons first, within `max_tokens`.

    With `plans_queries` it is for an agent with QueryPlanningTool. By default the API reasons, and keeps the reasoning
    out of the content. https://api-docs.deepseek.com/guides/thinking_mode
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
        # It also reports when the reasoning used all tokens, so that the content is empty.
        thinks_aloud=thinking,
        plans_queries=plans_queries,
    )
