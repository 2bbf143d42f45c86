"""What an environment says about where it searches, whatever `search.kind` is."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator

from osml.environment.part import EnvironmentPart
from osml.environment.vpc import Vpc

OLDEST_ENGINE = (2, 11)
BATCHES = (2, 17)
COSINE_ON_FAISS = (2, 19)
RoleArn = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$")]
Retention = Literal[1, 3, 7, 14, 30, 90, 180, 365, 731]


class Search(EnvironmentPart):
    """The part that all kinds have.

    `removal` is what becomes of the index, and of a domain or collection made here, when the stacks go.
    `log_retention` is in days. `vpc` is where the engine can be reached; none for a public address.
    """

    removal: Literal["retain", "destroy"] = "retain"
    log_retention: Retention = 30
    vpc: Vpc | None = None

    @property
    def account(self) -> str | None:
        """The account the engine belongs to, None when that is where it is deployed, or nowhere on AWS."""
        return None

    @property
    def arns(self) -> dict[str, str]:
        """ARNs among the settings, by the setting's name: what must be of the environment's region."""
        return {}


class Engine(Search):
    """An OpenSearch of a version of its own, on nodes: a domain, or one that somebody runs.

    `engine_version` is the one that runs, or that is to be made.
    """

    engine_version: str = Field(default="OpenSearch_3.3", pattern=r"^OpenSearch_\d+\.\d+$", examples=["OpenSearch_3.3"])
    vector_engine: Literal["faiss", "lucene"] = "faiss"

    @property
    def engine_number(self) -> tuple[int, int]:
        """`OpenSearch_3.3` as `(3, 3)`, to compare versions."""
        major, minor = re.findall(r"\d+", self.engine_version)
        return int(major), int(minor)

    @property
    def nodes(self) -> int | None:
        """How many data nodes there are, None when that is not ours to say."""
        return None

    @property
    def copies(self) -> int:
        """The number of copies of an index, itself included, must be a multiple of this."""
        return 1

    @field_validator("engine_version")
    @classmethod
    def _young_enough(cls, value: str) -> str:
        major, minor = (int(number) for number in re.findall(r"\d+", value))
        if (major, minor) < OLDEST_ENGINE:
            raise ValueError("a pipeline that embeds questions needs OpenSearch 2.11 or later; set OpenSearch_3.3")
        return value
