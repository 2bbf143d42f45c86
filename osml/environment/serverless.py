"""What an environment says about a collection that is made for it: `search.kind: serverless`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from osml.environment.part import EnvironmentPart
from osml.environment.search import RoleArn, Search

MOST_UNITS = 1696
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/collection-groups-capacity-limits.html
STEPS = (1, 2, 4, 8, *range(16, MOST_UNITS + 1, 16))


class Capacity(EnvironmentPart):
    """Least and most OpenSearch Compute Units (OCU) for searches and for writes, each as `[least, most]`.

    The least is billed whether it is used or not. 0, for the generation nextgen, lets idle capacity go after ten
    minutes; the first request after that waits 10 to 30 seconds.
    """

    search: list[int] = Field(default_factory=list, examples=["[0, 8]"])
    indexing: list[int] = Field(default_factory=list, examples=["[0, 8]"])

    @field_validator("search", "indexing")
    @classmethod
    def _in_steps(cls, value: list[int]) -> list[int]:
        if len(value) != 2:
            raise ValueError(f"{value} is no pair of least and most units; write [0, 8], for example")
        least, most = value
        if least not in (0, *STEPS) or most not in STEPS:
            raise ValueError(
                f"{value} are not numbers of units that Amazon has; the most is 1, 2, 4, 8, 16 or a multiple of 16 "
                f"up to {MOST_UNITS}, the least one of these or 0"
            )
        if least > most:
            raise ValueError(f"the least units are {least}, more than the most, {most}; set [{most}, {least}]")
        return value


class Serverless(Search):
    """A vector collection of OpenSearch Serverless, in a collection group of its own.

    `generation` nextgen scales to nothing while nobody asks; classic always bills its least capacity. `standby` keeps
    replicas in a second zone: a choice for classic, which has none unless set; nextgen always has them. `admins` may
    read and write all of the collection. With a `vpc` the collection is reached through an endpoint made there, and
    from nowhere else.
    """

    kind: Literal["serverless"]
    name: str | None = Field(
        default=None,
        pattern=r"^[a-z][a-z0-9-]{2,27}$",
        examples=["passages"],
        description="3 to 28 characters",
    )
    generation: Literal["nextgen", "classic"] = "nextgen"
    standby: bool | None = None
    capacity: Capacity = Capacity()
    vector_engine: Literal["faiss"] = "faiss"
    admins: list[RoleArn] = Field(default_factory=list, examples=["arn:aws:iam::111122223333:role/Team"])

    @property
    def standby_replicas(self) -> bool:
        """Whether there are replicas in a second zone."""
        return self.generation == "nextgen" or bool(self.standby)

    @property
    def search_units(self) -> tuple[int, int]:
        """Least and most OCU for searches."""
        return self._units(self.capacity.search)

    @property
    def indexing_units(self) -> tuple[int, int]:
        """Least and most OCU for writes."""
        return self._units(self.capacity.indexing)

    def _units(self, given: list[int]) -> tuple[int, int]:
        if given:
            return given[0], given[1]
        return (0 if self.generation == "nextgen" else 1), 8

    @model_validator(mode="after")
    def _generation_allows(self) -> Serverless:
        if self.generation == "nextgen" and self.standby is False:
            raise ValueError(
                "standby is false, but the generation nextgen always has replicas, which cost nothing while idle; "
                "leave standby out, or set generation to classic"
            )
        for name in ("search", "indexing"):
            given = getattr(self.capacity, name)
            if given and given[0] == 0 and self.generation == "classic":
                raise ValueError(
                    f"capacity.{name} is {given}, but the generation classic never scales to nothing; "
                    f"set it to [1, {given[1]}], or generation to nextgen"
                )
        return self
