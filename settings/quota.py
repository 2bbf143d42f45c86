"""The settings of quotas: how much each caller of the assistant may use."""

from __future__ import annotations

from pydantic import Field, model_validator

from settings import Group


class Quota(Group):
    """How much one person, API key or IAM identity may use, with any role. Operators have no quota.

    `questions_per_day` counts questions, and `tokens_per_month` what the answer model reads and writes for them. Days
    and months are in UTC.
    """

    questions_per_day: int | None = Field(default=None, ge=1, le=1_000_000, examples=[100])
    tokens_per_month: int | None = Field(default=None, ge=1000, le=100_000_000_000, examples=[2_000_000])

    @model_validator(mode="after")
    def _limits_something(self) -> Quota:
        if self.questions_per_day is None and self.tokens_per_month is None:
            raise ValueError("quota limits nothing; set questions_per_day or tokens_per_month, or leave quota out")
        return self
