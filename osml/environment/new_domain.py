"""What an environment says about a search domain that is made for it: `search.kind: domain`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from osml.environment.part import EnvironmentPart
from osml.environment.search import Engine, RoleArn

BURSTING = ("t2.", "t3.")


class Nodes(EnvironmentPart):
    """Nodes of one duty: an instance type such as `r7g.large.search`, and how many."""

    instance_type: str = Field(pattern=r"^[a-z0-9]+\.[a-z0-9]+\.search$", examples=["r7g.large.search"])
    count: int = Field(ge=1, le=80)


class UltraWarm(EnvironmentPart):
    """Warm nodes, for indexes that are read seldom. They keep their data in S3."""

    instance_type: str = Field(
        default="ultrawarm1.medium.search",
        pattern=r"^ultrawarm1\.[a-z0-9]+\.search$",
        examples=["ultrawarm1.medium.search"],
    )
    count: int = Field(default=2, ge=2, le=150)


class Volume(EnvironmentPart):
    """The EBS volume of each data node; `size` in GiB."""

    size: int = Field(default=20, ge=10, le=16384)
    type: Literal["gp3", "gp2"] = "gp3"


class CustomEndpoint(EnvironmentPart):
    """A name of your own for the domain, with its certificate in ACM. The CNAME record is yours to make."""

    name: str = Field(
        pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$", examples=["search.example.com"]
    )
    certificate_arn: str = Field(
        pattern=r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[0-9a-f-]{36}$",
        examples=["arn:aws:acm:us-east-1:111122223333:certificate/01234567-89ab-cdef-0123-456789abcdef"],
    )


class NewDomain(Engine):
    """The search domain that this app makes. `availability_zones` is 1, 2 or 3.

    `standby` keeps one of three zones in reserve (Multi-AZ with Standby). `admins` are mapped beside the provisioner.
    """

    kind: Literal["domain"] = "domain"
    name: str | None = Field(
        default=None,
        pattern=r"^[a-z][a-z0-9-]{2,27}$",
        examples=["passages"],
        description="3 to 28 characters",
    )
    data_nodes: Nodes
    dedicated_masters: Nodes | None = None
    ultrawarm: UltraWarm | None = None
    volume: Volume = Volume()
    availability_zones: Literal[1, 2, 3] = 1
    standby: bool = False
    custom_endpoint: CustomEndpoint | None = None
    admins: list[RoleArn] = Field(default_factory=list, examples=["arn:aws:iam::111122223333:role/Team"])

    @property
    def nodes(self) -> int | None:
        return self.data_nodes.count

    @property
    def copies(self) -> int:
        return 3 if self.standby else 1

    @property
    def arns(self) -> dict[str, str]:
        custom = self.custom_endpoint
        return {"custom_endpoint.certificate_arn": custom.certificate_arn} if custom else {}

    @field_validator("dedicated_masters")
    @classmethod
    def _quorum(cls, value: Nodes | None) -> Nodes | None:
        if value is not None and value.count not in (3, 5):
            raise ValueError(f"{value.count} dedicated masters make no quorum; set count to 3 or 5, or leave them out")
        return value

    @model_validator(mode="after")
    def _nodes_fill_zones(self) -> NewDomain:
        if self.data_nodes.count % self.availability_zones:
            raise ValueError(
                f"data_nodes.count {self.data_nodes.count} does not fill "
                f"availability_zones {self.availability_zones} evenly; set count to a multiple of it"
            )
        if self.vpc is not None and len(self.vpc.subnets) != self.availability_zones:
            raise ValueError(
                f"vpc.subnets has {len(self.vpc.subnets)} entries, but availability_zones is "
                f"{self.availability_zones}; a domain takes one subnet for each of its zones"
            )
        return self

    @model_validator(mode="after")
    def _standby_has_what_it_needs(self) -> NewDomain:
        if not self.standby:
            return self
        if self.availability_zones != 3:
            raise ValueError(f"standby needs three zones, but availability_zones is {self.availability_zones}; set 3")
        if self.dedicated_masters is None:
            raise ValueError("standby needs dedicated masters; set dedicated_masters with count 3, or standby to false")
        types = {"data_nodes": self.data_nodes, "dedicated_masters": self.dedicated_masters}
        for setting, nodes in types.items():
            if nodes.instance_type.startswith(BURSTING):
                raise ValueError(
                    f"standby does not run on {nodes.instance_type}; set {setting}.instance_type to r7g.large.search"
                )
        if self.volume.type != "gp3":
            raise ValueError(f"standby needs volumes of the type gp3, but volume.type is {self.volume.type!r}; set gp3")
        return self

    @model_validator(mode="after")
    def _ultrawarm_has_what_it_needs(self) -> NewDomain:
        if self.ultrawarm is None:
            return self
        if self.dedicated_masters is None:
            raise ValueError("ultrawarm needs dedicated masters; set dedicated_masters with count 3, or remove it")
        if self.data_nodes.instance_type.startswith(BURSTING):
            raise ValueError(
                f"ultrawarm does not go with {self.data_nodes.instance_type}; "
                "set data_nodes.instance_type to r7g.large.search"
            )
        return self
