"""What an environment says about its search domain."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from osml.environment.part import EnvironmentPart

OLDEST_ENGINE = (2, 17)
COSINE_ON_FAISS = (2, 19)
RoleArn = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$")]
Retention = Literal[1, 3, 7, 14, 30, 90, 180, 365, 731]


class Nodes(EnvironmentPart):
    """Nodes of one duty: an instance type such as `r7g.large.search`, and how many."""

    instance_type: str = Field(pattern=r"^[a-z0-9]+\.[a-z0-9]+\.search$", examples=["r7g.large.search"])
    count: int = Field(ge=1, le=80)


class Volume(EnvironmentPart):
    """The EBS volume of each data node; `size` in GiB."""

    size: int = Field(default=20, ge=10, le=16384)
    type: Literal["gp3", "gp2"] = "gp3"


class Search(EnvironmentPart):
    """The search domain. `log_retention` is in days, `availability_zones` is 1, 2 or 3."""

    kind: Literal["domain"] = "domain"
    name: str | None = Field(
        default=None,
        pattern=r"^[a-z][a-z0-9-]{2,27}$",
        examples=["passages"],
        description="3 to 28 characters",
    )
    engine_version: str = Field(default="OpenSearch_3.3", pattern=r"^OpenSearch_\d+\.\d+$", examples=["OpenSearch_3.3"])
    vector_engine: Literal["faiss", "lucene"] = "faiss"
    data_nodes: Nodes
    dedicated_masters: Nodes | None = None
    volume: Volume = Volume()
    availability_zones: Literal[1, 2, 3] = 1
    removal: Literal["retain", "destroy"] = "retain"
    log_retention: Retention = 30
    admins: list[RoleArn] = Field(default_factory=list, examples=["arn:aws:iam::111122223333:role/Team"])

    @property
    def engine_number(self) -> tuple[int, int]:
        """`OpenSearch_3.3` as `(3, 3)`, to compare versions."""
        major, minor = re.findall(r"\d+", self.engine_version)
        return int(major), int(minor)

    @field_validator("engine_version")
    @classmethod
    def _young_enough(cls, value: str) -> str:
        major, minor = (int(number) for number in re.findall(r"\d+", value))
        if (major, minor) < OLDEST_ENGINE:
            raise ValueError(
                "batches in the text_embedding processor need OpenSearch 2.17 or later; set OpenSearch_3.3"
            )
        return value

    @field_validator("dedicated_masters")
    @classmethod
    def _quorum(cls, value: Nodes | None) -> Nodes | None:
        if value is not None and value.count not in (3, 5):
            raise ValueError(f"{value.count} dedicated masters make no quorum; set count to 3 or 5, or leave them out")
        return value

    @model_validator(mode="after")
    def _nodes_fill_zones(self) -> Search:
        if self.data_nodes.count % self.availability_zones:
            raise ValueError(
                f"data_nodes.count {self.data_nodes.count} does not fill "
                f"availability_zones {self.availability_zones} evenly; set count to a multiple of it"
            )
        return self
