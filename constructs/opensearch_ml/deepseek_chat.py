"""The provider that answers with the DeepSeek chat API."""

from __future__ import annotations

from opensearch_ml.answer_secret import AnswerSecret
from opensearch_ml.openai_chat import openai_chat
from opensearch_ml.provider import Provider


def deepseek_chat(
    secret: AnswerSecret,
    *,
    model: str = "deepseek-chat",
    host: str = "api.deepseek.com",
    temperature: float | None = None,
    max_tokens: int | None = None,
    connect_seconds: int = 5,
    read_seconds: int = 60,
) -> Provider:
    """`host` serves `/v1/chat/completions`, and keeps a reasoning model's thoughts out of the content."""
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
        thinks_aloud=False,
    )
