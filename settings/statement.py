"""The permissions of a connector's role in an environment file."""

from __future__ import annotations

import re

from pydantic import Field, ValidationInfo, field_validator, model_validator

from settings import Group

NOVA = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
_ARN = re.compile(r"arn:[a-z*-]+:[a-z0-9*-]+:[a-z0-9*-]*:[0-9*]*:[!-~]+")


class Statement(Group):
    """IAM `actions` on `resources`, which are ARNs. For a wildcard in one of them, `wildcards` must give the reason,
    which is stored with the role. With a reason, a resource may also be `*`, for an action that accepts no resource.
    """

    wildcards: str | None = Field(default=None, min_length=10, examples=["Every Nova model may answer here."])
    actions: list[str] = Field(min_length=1, examples=["bedrock:InvokeModel"])
    resources: list[str] = Field(min_length=1, examples=[NOVA])

    @field_validator("actions")
    @classmethod
    def _of_iam(cls, value: list[str]) -> list[str]:
        # This import is slow, and only environments with statements need it.
        from settings.iam_action import action_fault

        for fault in filter(None, map(action_fault, value)):
            raise ValueError(fault)
        return value

    @field_validator("resources")
    @classmethod
    def _are_arns(cls, value: list[str], known: ValidationInfo) -> list[str]:
        reason = known.data.get("wildcards")
        if any(not _ARN.fullmatch(arn) and not (arn == "*" and reason) for arn in value):
            raise ValueError(
                f"every resource must be an ARN, for example {NOVA}; write one, or set wildcards to the reason for *"
            )
        return value

    @property
    def wild(self) -> list[str]:
        """The actions and resources that contain a wildcard."""
        return [pattern for pattern in (*self.actions, *self.resources) if "*" in pattern or "?" in pattern]

    @model_validator(mode="after")
    def _wildcards_have_a_reason(self) -> Statement:
        if self.wild and self.wildcards is None:
            raise ValueError(
                f"{self.wild[0]!r} has a wildcard; name what is meant, or set wildcards to the reason for it"
            )
        if self.wildcards is not None and not self.wild:
            raise ValueError("wildcards is the reason for one, but there is none; leave it out")
        return self
