"""OpenAI-compatible chat APIs, with a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator

from settings.chat_base import ChatModel

if TYPE_CHECKING:
    from settings import Environment

OTHER_FORMATS = ("bedrock/", "bedrock-converse/", "cohere/")


class OpenAiAnswer(ChatModel):
    """Any API that accepts `{"model", "messages"}` at https://`endpoint``path`.

    `max_tokens` is sent under the name `token_limit`, which must be max_completion_tokens for newer models of OpenAI.
    """

    made_by = "openai_chat"

    provider: Literal["openai"]
    model: str = Field(pattern=r"^[A-Za-z0-9_.:/@-]+$", examples=["gpt-5.6-terra"])
    path: str = Field(
        default="/v1/chat/completions",
        pattern=r"^(/[A-Za-z0-9_.~-]+)+(\?[A-Za-z0-9_.~=&-]+)?$",
        examples=["/v1/chat/completions"],
    )
    max_tokens: int | None = Field(default=None, ge=1, le=1_000_000)
    token_limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"  # noqa: S105 a member's name

    @property
    def url(self) -> str:
        return f"https://{self.endpoint}{self.path}"

    @property
    def listed_at(self) -> tuple[str, str] | None:
        end = "/chat/completions"
        return (self.endpoint, f"{self.path.removesuffix(end)}/models") if self.path.endswith(end) else None

    @property
    def choices(self) -> dict[str, Any]:
        return {"temperature": self.temperature, self.token_limit: self.max_tokens}

    def for_tools(self, max_tokens: int) -> dict[str, Any]:
        # A reasoning model also needs tokens for its reasoning; only its own limit takes that into account.
        most = None if self.max_tokens is None else max(max_tokens, self.max_tokens)
        return {"temperature": self.temperature, self.token_limit: most}

    def arguments(self, environment: Environment) -> dict[str, Any]:
        limits = {"max_tokens": self.max_tokens, "token_limit": self.token_limit}
        return {**super().arguments(environment), "path": self.path, **limits}

    @field_validator("model")
    @classmethod
    def _speaks_openai(cls, value: str) -> str:
        if value.startswith(OTHER_FORMATS):
            raise ValueError(
                f"{value!r} begins with {value.split('/')[0]}/, with which the search pipeline would choose another "
                f"request format; set the name without this prefix, or another recipe"
            )
        return value
