"""What the answer models of Amazon Bedrock share: ids, inference profiles and ARNs, and the regions behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

from settings.answer import AnswerModel
from settings.bedrock_ends import ENDS
from settings.model_settings import REGION
from settings.regions import partition_of

if TYPE_CHECKING:
    from settings import Environment
    from settings.end_of_life import EndOfLife

R1_PROFILE = "us.deepseek.r1-v1:0"
R1_REGIONS = ("us-east-1", "us-east-2", "us-west-2")
_ARN = re.compile(r"arn:aws[a-z-]*:bedrock:(?P<region>[a-z0-9-]+):([0-9]{12})?:(?P<kind>[a-z-]+)/(?P<name>.+)")
_GEOGRAPHY = re.compile(r"(?P<geography>us-gov|us|eu|apac|jp|au|ca|global)\.(?P<model>[a-z0-9-]+\..+)")

# The regions to which an inference profile of a geography may send a call. IAM requires permission in each of them.
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
# The prefixes of the regions that may call a geography's profiles.
_SOURCES = {
    "us": ("us-", "ca-"),
    "us-gov": ("us-gov-",),
    "eu": ("eu-", "il-"),
    "apac": ("ap-", "me-"),
    "jp": ("ap-northeast-",),
    "au": ("ap-southeast-",),
    "ca": ("ca-",),
}


class BedrockModel(AnswerModel):
    """A `model` by id, inference profile or ARN. `region` is the region on Bedrock; default: the environment's.

    `regions` are the regions of the inference profile, if they are not the usual ones.
    """

    service = "bedrock-runtime"

    model: str
    region: str | None = Field(default=None, pattern=REGION, examples=["us-east-1"])
    regions: list[Annotated[str, Field(pattern=REGION)]] = Field(default_factory=list, examples=["us-east-1"])
    temperature: float | None = Field(default=None, ge=0, le=1)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int

    @property
    def arn_kind(self) -> str | None:
        """`inference-profile`, `imported-model`, …; None if the model is not an ARN."""
        arn = _ARN.fullmatch(self.model)
        return arn["kind"] if arn else None

    @property
    def bills_time(self) -> bool:
        # https://docs.aws.amazon.com/bedrock/latest/userguide/import-model-calculate-cost.html
        return self.arn_kind == "imported-model"

    @property
    def profile(self) -> str | None:
        """The inference profile's id, such as `us.deepseek.r1-v1:0`; None if the model is not an inference profile."""
        arn = _ARN.fullmatch(self.model)
        if arn and arn["kind"] != "inference-profile":
            return None
        id = arn["name"] if arn else self.model
        return id if _GEOGRAPHY.fullmatch(id) else None

    @property
    def foundation_model(self) -> str | None:
        """The id of the foundation model that answers; None for an imported or provisioned one."""
        if self.profile is not None:
            return self.profile.partition(".")[2]
        return None if self.arn_kind else self.model

    @property
    def destinations(self) -> tuple[str, ...]:
        """The regions of the profile; empty for a global profile, and for a model that is not a profile."""
        if self.regions or self.profile is None:
            return tuple(self.regions)
        return DESTINATIONS.get(self.profile.partition(".")[0], ())

    def model_region(self, region: str | None) -> str | None:
        """The region of the model's calls: the ARN's, else `answer.region`, else `region`, the environment's."""
        arn = _ARN.fullmatch(self.model)
        return arn["region"] if arn else self.region or region

    @property
    def place(self) -> str | None:
        return self.model_region(None)

    @property
    def shown(self) -> str:
        return self.model

    @property
    def invoked(self) -> dict[str, Any]:
        """The arguments of BedrockAnswerModel, which names the model in its URL and in a policy."""
        return {
            "id": self.model,
            "region": self.model_region(None),
            "profile": self.profile,
            "foundation_model": self.foundation_model,
            "destinations": self.destinations,
        }

    def arguments(self, environment: Environment) -> dict[str, Any]:  # noqa: ARG002 of the interface
        return {"temperature": self.temperature, "top_p": self.top_p, "max_tokens": self.max_tokens}

    def ends(self) -> Iterator[tuple[str, str | None, Mapping[str, EndOfLife]]]:
        yield "answer.model", self.foundation_model, ENDS

    def faults(self, environment: Environment) -> Iterator[str]:
        where, profile = self.model_region(environment.region), self.profile
        partition = partition_of(where or "")
        if partition is not None and partition.name == "aws-cn":
            yield f"answer.model is {self.model!r}, but China has no Amazon Bedrock; set another recipe"
            return
        if where is None or profile is None or self.regions:
            return
        geography = profile.partition(".")[0]
        sources = R1_REGIONS if profile == R1_PROFILE else _SOURCES.get(geography, ())
        if sources and not where.startswith(sources):
            few = ", ".join(R1_REGIONS if profile == R1_PROFILE else DESTINATIONS[geography])
            yield (
                f"answer.model is {profile!r}, which cannot be called from {where}; "
                f"set answer.region to one of {few}, or another model"
            )

    @model_validator(mode="after")
    def _one_region(self) -> BedrockModel:
        arn = _ARN.fullmatch(self.model)
        if arn and self.region is not None and arn["region"] != self.region:
            raise ValueError(f"region is {self.region!r}, but model is an ARN of {arn['region']}; leave region out")
        if self.regions and self.profile is None:
            raise ValueError("regions are for an inference profile, but model is not one; leave regions out")
        return self
