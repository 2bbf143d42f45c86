"""The settings of the search engine that all values of `search.kind` share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from settings import Group
from settings.amazon_versions import EXAMPLE, release
from settings.introduced_in import SINCE, Release
from settings.vpc import Vpc

RoleArn = Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+$")]
Retention = Literal[1, 3, 7, 14, 30, 90, 180, 365, 731]


class Search(Group):
    """The common settings of all kinds.

    `removal` determines whether the index, and a new domain or collection, are kept when the stacks are deleted.
    `log_retention` is in days. `vpc` is the VPC of the engine; none for a public address. `kind` chooses the engine,
    and with it the other settings of `search`.
    """

    removal: Literal["retain", "destroy"] = "retain"
    log_retention: Retention = 30
    vpc: Vpc | None = None

    @property
    def account(self) -> str | None:
        """The account of the engine; None for the account of the deploy, and for an engine outside AWS."""
        return None

    @property
    def visible_seconds(self) -> int:
        """The seconds until a search finds a stored document; 0 if it finds it at once."""
        return 0

    @property
    def arns(self) -> dict[str, str]:
        """The ARNs in the settings, by the setting's name; they must be in the environment's region."""
        return {}


class Cluster(Search):
    """A managed domain or self-managed cluster (not serverless).

    `engine_version` is the running version, or that of a new domain. `vector_engine` is the library that searches
    vectors: `faiss` or `lucene`.
    """

    engine_version: str = Field(
        default=EXAMPLE, pattern=r"^OpenSearch_(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$", examples=[EXAMPLE]
    )
    vector_engine: Literal["faiss", "lucene"] = "faiss"

    @property
    def engine_number(self) -> Release:
        """`OpenSearch_3.5` as `(3, 5)`, to compare versions."""
        return release(self.engine_version)

    @property
    def nodes(self) -> int | None:
        """The number of data nodes, None if the environment does not determine it."""
        return None

    @property
    def copy_multiple(self) -> int:
        """The number of copies of a shard, including the primary, must be a multiple of this."""
        return 1

    @field_validator("engine_version")
    @classmethod
    def _young_enough(cls, value: str) -> str:
        oldest = SINCE["embedded_questions"]
        if release(value) < oldest:
            raise ValueError(f"a pipeline that embeds questions needs OpenSearch {oldest} or later; set {EXAMPLE}")
        return value
