"""The settings of a new search domain: `search.kind: domain`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from settings import Group
from settings.amazon_versions import check_offered
from settings.dashboards import Dashboards
from settings.domain_hardware import BURSTING, hardware_fault, has_own_disks
from settings.own_name import OwnName
from settings.search import Cluster, RoleArn


class Nodes(Group):
    """Nodes of one role: their `instance_type`, such as `r7g.large.search`, and their number, `count`."""

    instance_type: str = Field(pattern=r"^[a-z0-9]+\.[a-z0-9]+\.search$", examples=["r7g.large.search"])
    count: int = Field(ge=1, le=80)


class UltraWarm(Group):
    """Warm nodes, for rarely read indexes. They store their data in S3.

    They are `count` instances of `instance_type`.
    """

    instance_type: str = Field(
        default="ultrawarm1.medium.search",
        pattern=r"^ultrawarm1\.[a-z0-9]+\.search$",
        examples=["ultrawarm1.medium.search"],
    )
    count: int = Field(default=2, ge=2, le=150)


class Volume(Group):
    """The EBS volume of each data node, by its `type`; `size` in GiB. Instances with their own disks have none."""

    size: int = Field(default=20, ge=10, le=16384)
    type: Literal["gp3", "gp2"] = "gp3"


class Maintenance(Group):
    """When Amazon may begin to update the domain, each day at `hour` and `minute` (UTC), for ten hours."""

    hour: int = Field(ge=0, le=23)
    minute: int = Field(default=0, ge=0, le=59)


class NewDomain(Cluster):
    """A search domain that this app creates. `availability_zones` is 1, 2 or 3.

    `standby` keeps one of three zones as a standby (Multi-AZ with Standby). `admins` are mapped in addition to the
    provisioner. Without `maintenance` Amazon updates the domain within ten hours from 22:00 local time of the region.
    `log_policy` is the CloudWatch Logs policy that lets the domain write its logs: its own (`create`), or one of the
    account that `osml deploy` writes for all environments (`exist`), because an account has at most ten in a region.
    `audit_log` logs to CloudWatch Logs who was refused, who changed indexes or permissions, and who read or wrote
    documents, but not the documents. `data_nodes` store and search the passages. `dedicated_masters`, three or five,
    manage the cluster in their place. `ultrawarm` adds warm nodes. `name` is the name of the domain (default: that of
    the environment with the prefix `osml-`).
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
    custom_endpoint: OwnName | None = None
    maintenance: Maintenance | None = None
    log_policy: Literal["create", "exist"] = "create"
    audit_log: bool = False
    dashboards: Dashboards | None = None
    admins: list[RoleArn] = Field(default_factory=list, examples=["arn:aws:iam::111122223333:role/Team"])

    @property
    def nodes(self) -> int | None:
        return self.data_nodes.count

    @property
    def copy_multiple(self) -> int:
        return 3 if self.standby else 1

    @property
    def arns(self) -> dict[str, str]:
        custom = self.custom_endpoint
        return {"custom_endpoint.certificate_arn": custom.certificate_arn} if custom else {}

    @field_validator("engine_version")
    @classmethod
    def _of_amazon(cls, value: str) -> str:
        return check_offered(value)

    @field_validator("dedicated_masters")
    @classmethod
    def _quorum(cls, value: Nodes | None) -> Nodes | None:
        if value is not None and value.count not in (3, 5):
            raise ValueError(
                f"a count of {value.count} cannot form a quorum; set count to 3 or 5, or leave dedicated_masters out"
            )
        return value

    @property
    def has_volumes(self) -> bool:
        """Whether data nodes store data on `volume`, and not on their own disks."""
        return not has_own_disks(self.data_nodes.instance_type)

    @model_validator(mode="after")
    def _hardware_exists(self) -> NewDomain:
        fault = hardware_fault(self)
        if fault is not None:
            raise ValueError(fault)
        return self

    @model_validator(mode="after")
    def _nodes_fill_zones(self) -> NewDomain:
        if self.data_nodes.count % self.availability_zones:
            raise ValueError(
                f"data_nodes.count {self.data_nodes.count} does not fill "
                f"availability_zones {self.availability_zones} evenly; set count to a multiple of it"
            )
        if self.vpc is not None and len(self.vpc.subnets) != self.availability_zones:
            raise ValueError(
                f"vpc.subnets has the length {len(self.vpc.subnets)}, but availability_zones is "
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
