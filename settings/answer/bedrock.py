"""DeepSeek-R1 on Amazon Bedrock, with its own request body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, model_validator

from settings.answer import PATIENCE
from settings.bedrock_base import R1_PROFILE, BedrockModel

if TYPE_CHECKING:
    from settings import Environment

# DeepSeek's recommendation for R1, used unless an environment sets other values.
# https://huggingface.co/deepseek-ai/DeepSeek-R1
TEMPERATURE, TOP_P = 0.6, 0.95


class BedrockAnswer(BedrockModel):
    """`model` is DeepSeek-R1: the managed inference profile, or an imported model (its ARN)."""

    made_by = "deepseek_bedrock"
    caller = "bedrock"

    provider: Literal["bedrock"]
    model: str = Field(
        default=R1_PROFILE,
        pattern=r"^(us\.deepseek\.r1-v1:0|arn:aws[a-z-]*:bedrock:[a-z0-9-]+:[0-9]{12}:"
        r"(inference-profile/us\.deepseek\.r1-v1:0|imported-model/[a-z0-9]+))$",
        examples=[f"{R1_PROFILE} or arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdef123456"],
    )
    max_tokens: int = Field(default=4096, ge=1, le=32768)

    @classmethod
    def patience(cls, settings: Mapping[str, Any]) -> int | None:  # noqa: ARG003 it thinks in any case
        return PATIENCE

    @property
    def imported(self) -> bool:
        """Whether the model was imported; an imported model has another request body."""
        return self.arn_kind == "imported-model"

    @property
    def sampling(self) -> dict[str, float]:
        """The sampling parameters, for all callers of the model."""
        return {
            "temperature": TEMPERATURE if self.temperature is None else self.temperature,
            "top_p": TOP_P if self.top_p is None else self.top_p,
        }

    def arguments(self, environment: Environment) -> dict[str, Any]:
        return {**super().arguments(environment), **self.sampling, "imported": self.imported}

    @model_validator(mode="after")
    def _tokens(self) -> BedrockAnswer:
        if not self.imported and self.max_tokens > 8192:
            raise ValueError(f"max_tokens is {self.max_tokens}, but the managed model writes at most 8192; set 8192")
        return self
