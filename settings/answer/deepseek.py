"""DeepSeek's chat API, with a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from settings.chat_base import HOST, ChatModel

if TYPE_CHECKING:
    from settings import Environment

# DeepSeek's own name for its current small model, and one of the two that `GET /models` lists. `deepseek-v4-flash` is
# the name of a retired model, for which the API uses this one for now.
# https://github.com/kolega-ai/kolega-code/pull/695
FLASH = "deepseek-flash"
# Reasoning takes some thousand tokens; DeepSeek-R1 has the same limit.
THINKING_TOKENS = 4096


class DeepSeekAnswer(ChatModel):
    """DeepSeek's chat API at `endpoint`, a host name.

    With `thinking` the model reasons before it answers, which takes time and counts in `max_tokens`.
    """

    made_by = "deepseek_chat"

    provider: Literal["deepseek"]
    model: str = Field(default=FLASH, pattern=r"^[A-Za-z0-9_.:-]+$", examples=[FLASH])
    endpoint: str = Field(default="api.deepseek.com", pattern=HOST, examples=["api.deepseek.com"])
    thinking: bool = False
    max_tokens: int | None = Field(default=None, ge=1, le=393_216)

    @property
    def url(self) -> str:
        return f"https://{self.endpoint}/v1/chat/completions"

    @property
    def listed_at(self) -> tuple[str, str] | None:
        return self.endpoint, "/models"

    @property
    def choices(self) -> dict[str, Any]:
        thinking = {"type": "enabled" if self.thinking else "disabled"}
        return {"temperature": self.temperature, "max_tokens": self.max_tokens, "thinking": thinking}

    def for_tools(self, max_tokens: int) -> dict[str, Any]:
        # Reasoning is off, because each later request would have to repeat it:
        # https://api-docs.deepseek.com/guides/thinking_mode
        return {"temperature": self.temperature, "max_tokens": max_tokens, "thinking": {"type": "disabled"}}

    def arguments(self, environment: Environment) -> dict[str, Any]:
        return {**super().arguments(environment), "max_tokens": self.max_tokens, "thinking": self.thinking}

    @model_validator(mode="after")
    def _can_think(self) -> DeepSeekAnswer:
        if not self.thinking:
            return self
        if self.max_tokens is not None and self.max_tokens < THINKING_TOKENS:
            raise ValueError(
                f"max_tokens is {self.max_tokens}, but with thinking the reasoning also counts; set "
                f"{THINKING_TOKENS} or more, or leave max_tokens out"
            )
        if self.temperature is not None:
            raise ValueError("temperature has no effect on a model that thinks; leave temperature or thinking out")
        return self
