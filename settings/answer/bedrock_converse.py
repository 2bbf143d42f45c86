"""Any chat model of Amazon Bedrock through the Converse API."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from settings.bedrock_base import BedrockModel


class ConverseAnswer(BedrockModel):
    """Any chat model of Bedrock, such as Claude or Nova, through the Converse API; for OpenSearch 2.18 or later."""

    made_by = "bedrock_converse"
    caller = "converse"

    provider: Literal["bedrock-converse"]
    model: str = Field(
        pattern=r"^([a-z0-9-]+\.)+[a-z0-9][A-Za-z0-9_.:-]*$"
        r"|^arn:aws[a-z-]*:bedrock:[a-z0-9-]+:[0-9]{12}:(inference-profile|provisioned-model)/[A-Za-z0-9_.:-]+$",
        examples=["us.amazon.nova-lite-v1:0"],
    )
    max_tokens: int = Field(default=1024, ge=1, le=64000)

    @property
    def calls_tools(self) -> bool:
        # https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html
        return "deepseek.r1" not in self.model

    @property
    def converses(self) -> bool:
        return True

    @field_validator("model")
    @classmethod
    def _answers(cls, value: str) -> str:
        if "embed" in value or "rerank" in value:
            raise ValueError(
                f"{value!r} does not generate text; set a chat model, for example us.amazon.nova-lite-v1:0"
            )
        return value
