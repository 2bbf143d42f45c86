"""What a question or an answer must not contain, and which message the reader then gets."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, field_validator

from settings import Group
from settings.model_settings import REGION
from settings.personal_data import PersonalData


class BedrockGuardrail(Group):
    """A guardrail of Amazon Bedrock that you created: `id` is its id or ARN, `version` a number, or DRAFT.

    It checks the question, and the answer together with the passages (contextual grounding). `region` is the region of
    the guardrail (default: the environment's).
    """

    id: str = Field(
        pattern=r"^([a-z0-9]{1,100}|arn:aws(-[a-z]+)*:bedrock:[a-z0-9-]+:[0-9]{12}:guardrail/[a-z0-9]+)$",
        examples=["ab12cd34ef56"],
    )
    version: str = Field(default="DRAFT", pattern=r"^(DRAFT|[1-9][0-9]{0,7})$", examples=["1"])
    region: Annotated[str, Field(pattern=REGION)] | None = Field(default=None, examples=["us-east-1"])


class Denied(Group):
    """A topic that is not answered: `pattern` is a Python regular expression and ignores case. The reader sees
    `message` instead of an answer.
    """

    pattern: str = Field(min_length=1, max_length=500, examples=["salar(y|ies) of"])
    message: str | None = Field(default=None, min_length=1, max_length=500, examples=["Ask the payroll office."])

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value, re.IGNORECASE)
        except re.error as error:
            raise ValueError(f"{value!r} is not a regular expression ({error}); correct it, or leave it out") from None
        return value


class Guardrails(Group):
    """Checks of each question before the search, and of each answer before the reader sees it.

    `denied` refuses questions and ends answers. `personal_data` is masked in both, for example as `[email]`. `bedrock`
    is a guardrail of Amazon Bedrock. `longest_question` is in characters. The reader sees `message` instead, unless the
    topic has its own message or Bedrock gives one.
    """

    bedrock: BedrockGuardrail | None = None
    denied: list[Denied] = Field(default_factory=list, max_length=50)
    personal_data: list[PersonalData] = Field(default_factory=list, max_length=5)
    longest_question: int | None = Field(default=None, ge=20, le=2000)
    message: str = Field(default="This is not answered here.", min_length=1, max_length=500)
