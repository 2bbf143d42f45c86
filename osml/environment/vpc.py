"""What an environment says about the VPC in which its search engine is reached."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from osml.environment.part import EnvironmentPart

ID = r"[0-9a-f]{8,17}"
SubnetId = Annotated[str, Field(pattern=rf"^subnet-{ID}$")]
SecurityGroupId = Annotated[str, Field(pattern=rf"^sg-{ID}$")]
RouteTableId = Annotated[str, Field(pattern=rf"^rtb-{ID}$")]
ZoneName = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d[a-z]$")]


class Vpc(EnvironmentPart):
    """A VPC that exists, as it is: nothing is looked up.

    `subnets` are private ones, and `availability_zones` says in which zone each of them lies, in the same order.
    `security_groups` come besides the group that is made here: on a new domain they say who else may reach it; for an
    engine that exists, the provisioner carries them, so that it is let in.
    `endpoints: create` makes the VPC endpoints without which the provisioner could not answer CloudFormation, sign or
    read a secret; the gateway endpoint for S3 is entered into `route_tables`, those of the subnets. With
    `endpoints: exist` there are such endpoints already, or the subnets have a NAT gateway.
    """

    id: str = Field(pattern=rf"^vpc-{ID}$", examples=["vpc-0a1b2c3d4e5f60718"])
    subnets: list[SubnetId] = Field(min_length=1, max_length=3, examples=["subnet-0a1b2c3d4e5f60718"])
    availability_zones: list[ZoneName] = Field(min_length=1, max_length=3, examples=["us-east-1a"])
    security_groups: list[SecurityGroupId] = Field(default_factory=list, examples=["sg-0a1b2c3d4e5f60718"])
    endpoints: Literal["create", "exist"] = "exist"
    route_tables: list[RouteTableId] = Field(default_factory=list, examples=["rtb-0a1b2c3d4e5f60718"])

    @model_validator(mode="after")
    def _a_zone_for_each_subnet(self) -> Vpc:
        if len(self.subnets) != len(self.availability_zones):
            raise ValueError(
                f"subnets has {len(self.subnets)} entries and availability_zones {len(self.availability_zones)}; "
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

    @property
    def region(self) -> str:
        """The region of the zones, `us-east-1` for `us-east-1a`."""
        return self.availability_zones[0][:-1]
