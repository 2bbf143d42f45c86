"""Answers from Amazon Bedrock: DeepSeek-R1 by its own body, or any chat model by Converse."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from osml.environment.part import EnvironmentPart

REGION = r"^[a-z]{2}(-[a-z]+)+-\d$"
R1_PROFILE = "us.deepseek.r1-v1:0"
R1_REGIONS = ("us-east-1", "us-east-2", "us-west-2")
_ARN = re.compile(r"arn:aws[a-z-]*:bedrock:(?P<region>[a-z0-9-]+):(\d{12})?:(?P<kind>[a-z-]+)/(?P<name>.+)")
_GEOGRAPHY = re.compile(r"(?P<geography>us-gov|us|eu|apac|jp|au|ca|global)\.(?P<model>[a-z0-9-]+\..+)")

# Where an inference profile of a geography may lead a call; IAM asks for the model in each of these regions.
# Amazon adds regions: `answer.regions` replaces a row. https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
DESTINATIONS = {
    "us": ("us-east-1", "us-east-2", "us-west-2"),
    "us-gov": ("us-gov-east-1", "us-gov-west-1"),
    "eu": ("eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"),
    "apac": (
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2"),
        *("ap-southeast-1", "ap-southeast-2", "ap-southeast-4"),
    ),
    "jp": ("ap-northeast-1", "ap-northeast-3"),
    "au": ("ap-southeast-2", "ap-southeast-4"),
    "ca": ("ca-central-1", "ca-west-1"),
}
# Regions that may call a geography's profiles, by how their names begin.
_SOURCES = {
    "us": ("us-", "ca-"),
    "us-gov": ("us-gov-",),
    "eu": ("eu-", "il-"),
    "apac": ("ap-", "me-"),
    "jp": ("ap-northeast-",),
    "au": ("ap-southeast-",),
    "ca": ("ca-",),
}


class BedrockModel(EnvironmentPart):
    """A model by id, inference profile or ARN. `region` is Bedrock's, the environment's own unless set.

    `regions` are those that the inference profile leads to, for a profile whose regions are not the usual ones.
    """

    model: str
    region: str | None = Field(default=None, pattern=REGION, examples=["us-east-1"])
    regions: list[Annotated[str, Field(pattern=REGION)]] = Field(default_factory=list, examples=["us-east-1"])
    temperature: float | None = Field(default=None, ge=0, le=1)
    top_p: float | None = Field(default=None, gt=0, le=1)

    @property
    def arn_kind(self) -> str | None:
        """`inference-profile`, `imported-model`, …; None for a model that is no ARN."""
        found = _ARN.fullmatch(self.model)
        return found["kind"] if found else None

    @property
    def profile(self) -> str | None:
        """The inference profile's id, such as `us.deepseek.r1-v1:0`; None for a model that is none."""
        found = _ARN.fullmatch(self.model)
        if found and found["kind"] != "inference-profile":
            return None
        id = found["name"] if found else self.model
        return id if _GEOGRAPHY.fullmatch(id) else None

    @property
    def foundation_model(self) -> str | None:
        """The id of the foundation model that answers; None for an imported or provisioned one."""
        if self.profile is not None:
            return self.profile.partition(".")[2]
        return None if self.arn_kind else self.model

    @property
    def destinations(self) -> tuple[str, ...]:
        """Regions that the profile leads to; empty for a global profile, and for a model that is no profile."""
        if self.regions or self.profile is None:
            return tuple(self.regions)
        return DESTINATIONS.get(self.profile.partition(".")[0], ())

    def model_region(self, region: str | None) -> str | None:
        """Where the model is called: the ARN's region, else `answer.region`, else `region`, the environment's."""
        found = _ARN.fullmatch(self.model)
        return found["region"] if found else self.region or region

    def fault_in(self, region: str | None) -> str | None:
        """What is wrong with the model in an environment of `region`, None when nothing is or nobody can tell."""
        where, profile = self.model_region(region), self.profile
        if where is None or profile is None or self.regions:
            return None
        geography = profile.partition(".")[0]
        sources = R1_REGIONS if profile == R1_PROFILE else _SOURCES.get(geography, ())
        if sources and not where.startswith(sources):
            few = ", ".join(R1_REGIONS if profile == R1_PROFILE else DESTINATIONS[geography])
            return (
                f"answer.model is {profile!r}, which cannot be called from {where}; "
                f"set answer.region to one of {few}, or another model"
            )
        return None

    @model_validator(mode="after")
    def _one_region(self) -> BedrockModel:
        found = _ARN.fullmatch(self.model)
        if found and self.region is not None and found["region"] != self.region:
            raise ValueError(f"region is {self.region!r}, but model is an ARN of {found['region']}; leave region out")
        if self.regions and self.profile is None:
            raise ValueError("regions are those an inference profile leads to, but model is none; leave regions out")
        return self


class BedrockAnswer(BedrockModel):
    """DeepSeek-R1, as the managed inference profile or as a model that you imported (its ARN)."""

    provider: Literal["bedrock"]
    model: str = Field(
        default=R1_PROFILE,
        pattern=r"^(us\.deepseek\.r1-v1:0|arn:aws[a-z-]*:bedrock:[a-z0-9-]+:\d{12}:"
        r"(inference-profile/us\.deepseek\.r1-v1:0|imported-model/[a-z0-9]+))$",
        examples=[f"{R1_PROFILE} or arn:aws:bedrock:us-east-1:111122223333:imported-model/abcdef123456"],
    )
    max_tokens: int = Field(default=4096, ge=1, le=32768)

    @property
    def imported(self) -> bool:
        """Whether the model is one that was imported, which has a body of its own."""
        return self.arn_kind == "imported-model"

    @model_validator(mode="after")
    def _tokens(self) -> BedrockAnswer:
        if not self.imported and self.max_tokens > 8192:
            raise ValueError(f"max_tokens is {self.max_tokens}, but the managed model writes 8192 at most; set 8192")
        return self


class ConverseAnswer(BedrockModel):
    """Any chat model of Bedrock, such as Claude or Nova, by the Converse API; OpenSearch 2.18 or later."""

    provider: Literal["bedrock-converse"]
    model: str = Field(
        pattern=r"^([a-z0-9-]+\.)+[a-z0-9][\w.:-]*$"
        r"|^arn:aws[a-z-]*:bedrock:[a-z0-9-]+:\d{12}:(inference-profile|provisioned-model)/[\w.:-]+$",
        examples=["us.amazon.nova-lite-v1:0"],
    )
    max_tokens: int = Field(default=1024, ge=1, le=64000)

    @field_validator("model")
    @classmethod
    def _answers(cls, value: str) -> str:
        if "embed" in value or "rerank" in value:
            raise ValueError(f"{value!r} makes no text; set a chat model, for example us.amazon.nova-lite-v1:0")
        return value
