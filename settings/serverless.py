"""The settings of a collection, new or not: `search.kind: serverless`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from settings import Group
from settings.existing_collection import ExistingCollection
from settings.search import RoleArn, Search

MOST_UNITS = 1696
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/collection-groups-capacity-limits.html
STEPS = (1, 2, 4, 8, *range(16, MOST_UNITS + 1, 16))


class Capacity(Group):
    """The minimum and maximum OpenSearch Compute Units (OCU) for searches (`search`) and for writes (`indexing`), each
    as `[minimum, maximum]`. The minimum is always billed. With 0, for the generation nextgen, idle capacity scales to
    zero after ten minutes; the next request waits 10 to 30 seconds.
    """

    search: list[int] = Field(default_factory=list, examples=["[0, 8]"])
    indexing: list[int] = Field(default_factory=list, examples=["[0, 8]"])

    @field_validator("search", "indexing")
    @classmethod
    def _in_steps(cls, value: list[int]) -> list[int]:
        if len(value) != 2:
            raise ValueError(f"{value} must be the least and the most units, for example [0, 8]; write two numbers")
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
    """A vector collection of OpenSearch Serverless: a new one in its own collection group, or `collection`.

    The `generation` nextgen scales to zero while nobody asks; classic always bills its minimum capacity. `standby`
    keeps replicas in a second zone: optional for classic (default: none), always on for nextgen. `admins` may read and
    write the whole collection. With a `vpc` only an endpoint there reaches a new collection. `capacity` limits the
    compute units of a new collection. `vector_engine` is the library that searches vectors. `name` is the name of a new
    collection (default: that of the environment with the prefix `osml-`).
    """

    kind: Literal["serverless"]
    name: str | None = Field(
        default=None,
        pattern=r"^[a-z][a-z0-9-]{2,27}$",
        examples=["passages"],
        description="3 to 28 characters",
    )
    collection: ExistingCollection | None = None
    generation: Literal["nextgen", "classic"] = "nextgen"
    standby: bool | None = None
    capacity: Capacity = Capacity()
    vector_engine: Literal["faiss"] = "faiss"
    admins: list[RoleArn] = Field(default_factory=list, examples=["arn:aws:iam::111122223333:role/Team"])

    @property
    def collection_name(self) -> str | None:
        """The name of the collection, None for the default name."""
        return self.collection.name if self.collection else self.name

    @property
    def account(self) -> str | None:
        return self.collection.arn.split(":")[4] if self.collection else None

    @property
    def arns(self) -> dict[str, str]:
        return {"collection.arn": self.collection.arn} if self.collection else {}

    @property
    def visible_seconds(self) -> int:
        # The refresh interval of the generation, which cannot be changed or forced.
        # https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-overview.html
        return 10 if self.generation == "nextgen" else 60

    @property
    def standby_replicas(self) -> bool:
        """Whether there are replicas in a second zone."""
        return self.generation == "nextgen" or bool(self.standby)

    @property
    def search_units(self) -> tuple[int, int]:
        """The minimum and maximum OCUs for searches."""
        return self._units(self.capacity.search)

    @property
    def indexing_units(self) -> tuple[int, int]:
        """The minimum and maximum OCUs for writes."""
        return self._units(self.capacity.indexing)

    def _units(self, given: list[int]) -> tuple[int, int]:
        if given:
            return given[0], given[1]
        return (0 if self.generation == "nextgen" else 1), 8

    @model_validator(mode="after")
    def _collection_is_as_it_is(self) -> Serverless:
        of_a_new_one = [name for name in ("name", "standby", "capacity") if name in self.model_fields_set]
        if self.collection and of_a_new_one:
            raise ValueError(
                f"{of_a_new_one[0]} is for a new collection, but collection names one that exists; leave "
                f"{of_a_new_one[0]} out"
            )
        return self

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
