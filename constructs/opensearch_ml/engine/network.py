"""Network: subnets of an existing VPC that can reach a search engine without a public address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from aws_cdk import Annotations, ArnFormat, Aws, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct

from opensearch_ml.engine.acknowledge import acknowledge_wildcards

HTTPS = 443
GATEWAYS = ("dynamodb",)


class Network(Construct):
    """Subnets of the VPC `vpc_id`, and a security `group` for the provisioner.

    `subnets` maps availability zones to ids of private subnets; nothing is looked up. The group allows outgoing HTTPS,
    and outgoing traffic to `port` of the engine. `carried` are additional security groups of the provisioner.

    Example::

        network = ml.Network(
            stack, "Network", vpc_id="vpc-0a1b2c3d", subnets={"us-east-1a": "subnet-0a1b2c3d"}
        )
        ml.Provisioner(stack, "Provisioner", network=network)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc_id: str,
        subnets: Mapping[str, str],
        port: int = HTTPS,
        carried: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, id)
        self.vpc = ec2.Vpc.from_vpc_attributes(
            self,
            "Vpc",
            vpc_id=vpc_id,
            availability_zones=list(subnets),
            private_subnet_ids=list(subnets.values()),
        )
        # The subnets' route tables are not needed, because `make_endpoints` gets its own list.
        Annotations.of(self).acknowledge_warning("@aws-cdk/aws-ec2:noSubnetRouteTableId")
        self.subnets = ec2.SubnetSelection(subnets=self.vpc.private_subnets)
        self.group = ec2.SecurityGroup(
            self,
            "Group",
            vpc=self.vpc,
            description="The provisioner, on its way to the search engine and to AWS",
            allow_all_outbound=False,
        )
        for number in sorted({HTTPS, port}):
            self.group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(number), "Search engine and AWS")
        self.groups: list[ec2.ISecurityGroup] = [self.group, *self.existing_groups(carried)]

    def existing_groups(self, ids: Iterable[str]) -> list[ec2.ISecurityGroup]:
        """Existing security groups, which are not changed."""
        return [ec2.SecurityGroup.from_security_group_id(self, f"Existing-{id}", id, mutable=False) for id in ids]

    def make_endpoints(self, services: Iterable[str], route_tables: Sequence[str], cidrs: Sequence[str]) -> None:
        """Create VPC endpoints: a gateway to S3, where CloudFormation waits for responses, and one for each service.

        `services` are names such as `sts`. `dynamodb` gets a gateway endpoint, any other service an interface endpoint.
        A route table accepts only one gateway endpoint for each service, and a VPC only one interface endpoint with
        private names for each service. Endpoints that exist must therefore not be created again. All clients in the VPC
        then use these endpoints, which therefore allow `cidrs`, the VPC's addresses.
        """
        wanted = list(services)
        for service in ("s3", *(name for name in wanted if name in GATEWAYS)):
            ec2.CfnVPCEndpoint(
                self,
                service.title(),
                vpc_id=self.vpc.vpc_id,
                service_name=f"com.amazonaws.{Aws.REGION}.{service}",
                vpc_endpoint_type="Gateway",
                route_table_ids=list(route_tables),
            )
        for service in (name for name in wanted if name not in GATEWAYS):
            endpoint = ec2.InterfaceVpcEndpoint(
                self,
                service.title(),
                vpc=self.vpc,
                service=ec2.InterfaceVpcEndpointAwsService(service),
                subnets=self.subnets,
                open=False,
            )
            for cidr in cidrs:
                endpoint.connections.allow_default_port_from(ec2.Peer.ipv4(cidr), "Whoever asks in this VPC")


def allow_interfaces(policy: iam.Policy) -> None:
    """Let Lambda manage network interfaces for a function in a VPC, with the role of `policy`.

    The function's own code is denied these actions.
    """
    actions = [f"ec2:{verb}NetworkInterface" for verb in ("Create", "Delete")]
    actions += ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
    actions += ["ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"]
    # The function's own ARN would be a dependency circle: function → policy → function.
    functions = Stack.of(policy).format_arn(
        service="lambda", resource="function", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
    policy.add_statements(
        iam.PolicyStatement(actions=actions, resources=["*"]),
        iam.PolicyStatement(
            effect=iam.Effect.DENY,
            actions=actions,
            resources=["*"],
            conditions={"ArnLike": {"lambda:SourceFunctionArn": functions}},
        ),
    )
    acknowledge_wildcards(
        policy,
        ["*"],
        "Lambda requires these permissions for all network interfaces, and the second statement denies them to the "
        "function's code.",
    )
