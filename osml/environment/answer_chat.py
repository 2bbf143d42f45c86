"""Answers from a chat API of the OpenAI kind, with a key."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from osml.environment.part import EnvironmentPart
from osml.environment.secret import Secret

HOST = r"^[a-z0-9-]+(\.[a-z0-9-]+)+$"
OTHER_FORMATS = ("bedrock/", "bedrock-converse/", "cohere/")


class DeepSeekAnswer(EnvironmentPart):
    """DeepSeek's chat API at `endpoint`, a host name."""

    provider: Literal["deepseek"]
    model: str = Field(default="deepseek-chat", pattern=r"^[\w.:-]+$", examples=["deepseek-chat"])
    endpoint: str = Field(default="api.deepseek.com", pattern=HOST, examples=["api.deepseek.com"])
    secret: Secret
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, ge=1, le=65536)


class OpenAiAnswer(EnvironmentPart):
    """Any API that takes `{"model", "messages"}` at https://`endpoint``path`.

    `max_tokens` is sent under the name `token_limit`, which newer models of OpenAI want to be max_completion_tokens.
    """

    provider: Literal["openai"]
    model: str = Field(pattern=r"^[\w.:/@-]+$", examples=["gpt-4o-mini"])
    endpoint: str = Field(pattern=HOST, examples=["api.openai.com"])
    path: str = Field(
        default="/v1/chat/completions", pattern=r"^(/[\w.~-]+)+(\?[\w.~=&-]+)?$", examples=["/v1/chat/completions"]
    )
    secret: Secret
    temperature: float | None = Field(default=None, ge=0, le=2)
    max_tokens: int | None = Field(default=None, ge=1, le=1_000_000)
    token_limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"  # noqa: S105 a member's name

    @field_validator("model")
    @classmethod
    def _speaks_openai(cls, value: str) -> str:
        if value.startswith(OTHER_FORMATS):
            raise ValueError(
                f"{value!r} begins with {value.split('/')[0]}/, by which the search pipeline would choose another "
                "wire format; set the name without it, or another recipe"
            )
        return value
