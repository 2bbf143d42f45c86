"""The settings of the VPC of the search engine."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from settings import Group
from settings.address_range import address_range

ID = r"[0-9a-f]{8,17}"
SubnetId = Annotated[str, Field(pattern=rf"^subnet-{ID}$")]
SecurityGroupId = Annotated[str, Field(pattern=rf"^sg-{ID}$")]
RouteTableId = Annotated[str, Field(pattern=rf"^rtb-{ID}$")]

Cidr = Annotated[
    str, Field(pattern=r"^([0-9]{1,3}\.){3}[0-9]{1,3}/([0-9]|[12][0-9]|3[0-2])$"), AfterValidator(address_range)
]
ZoneName = Annotated[str, Field(pattern=r"^[a-z]{2,4}(-[a-z]+)+-[0-9][a-z]$")]


class Vpc(Group):
    """An existing VPC with this `id`. Nothing is looked up.

    `subnets` are private, and `availability_zones` are their zones in the same order. `security_groups` are used in
    addition to a new group: on a new domain they allow other clients; for an existing engine the provisioner gets them,
    and the engine must allow them. `endpoints: create` creates the VPC endpoints that the provisioner needs to answer
    CloudFormation, to sign and to read secrets; the gateway endpoint for S3 is added to `route_tables`, those of the
    subnets. With `endpoints: exist` such endpoints must already exist, or the subnets must have a NAT gateway. An
    interface endpoint serves its service for the whole VPC, so new ones allow `cidrs`, the addresses of the VPC.
    `egress: vpc` sends a new domain's calls, mainly of models, through the VPC instead of the public internet.
    `collection_endpoint` is an existing endpoint for collections; a VPC can have one for each generation.
    """

    id: str = Field(pattern=rf"^vpc-{ID}$", examples=["vpc-0a1b2c3d4e5f60718"])
    subnets: list[SubnetId] = Field(min_length=1, max_length=3, examples=["subnet-0a1b2c3d4e5f60718"])
    availability_zones: list[ZoneName] = Field(min_length=1, max_length=3, examples=["us-east-1a"])
    security_groups: list[SecurityGroupId] = Field(default_factory=list, examples=["sg-0a1b2c3d4e5f60718"])
    endpoints: Literal["create", "exist"] = "exist"
    route_tables: list[RouteTableId] = Field(default_factory=list, examples=["rtb-0a1b2c3d4e5f60718"])
    cidrs: list[Cidr] = Field(default_factory=list, max_length=10, examples=["10.0.0.0/16"])
    egress: Literal["internet", "vpc"] = "internet"
    collection_endpoint: str | None = Field(default=None, pattern=rf"^vpce-{ID}$", examples=["vpce-0a1b2c3d4e5f60718"])

    @model_validator(mode="after")
    def _a_zone_for_each_subnet(self) -> Vpc:
        if len(self.subnets) != len(self.availability_zones):
            raise ValueError(
                f"subnets has the length {len(self.subnets)}, and availability_zones {len(self.availability_zones)}; "
                "name the zone of each subnet, in the same order"
            )
        if len(set(self.availability_zones)) != len(self.availability_zones):
            raise ValueError("two subnets lie in one zone; keep one subnet in each of availability_zones")
        if len(set(self.subnets)) != len(self.subnets):
            raise ValueError("a subnet is named twice in subnets; name each once")
        if len({zone[:-1] for zone in self.availability_zones}) > 1:
            raise ValueError("availability_zones are of different regions; a VPC has one")
        return self

    @model_validator(mode="after")
    def _routes_for_the_gateway(self) -> Vpc:
        if self.endpoints == "create" and not self.route_tables:
            raise ValueError(
                "endpoints is 'create', but the gateway endpoint for S3 needs route_tables; "
                "set route_tables to those of the subnets, or endpoints to exist"
            )
        if self.endpoints == "exist" and self.route_tables:
            raise ValueError("route_tables is for the endpoint made with endpoints: create; set that, or remove it")
        return self

    @model_validator(mode="after")
    def _everybody_is_let_in(self) -> Vpc:
        if self.endpoints == "create" and not self.cidrs:
            raise ValueError(
                "endpoints is 'create', but an endpoint takes over the name of its service for the whole VPC, and "
                "clients that the endpoint does not admit lose that service; set cidrs to those of the VPC, such as "
                "[10.0.0.0/16]"
            )
        return self

    @property
    def region(self) -> str:
        """The region of the zones, `us-east-1` for `us-east-1a`."""
        return self.availability_zones[0][:-1]
