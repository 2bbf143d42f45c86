"""ServerlessCollection: a vector collection of OpenSearch Serverless with the policies that it needs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from aws_cdk import Aws, CfnResource, RemovalPolicy, Stack, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_opensearchserverless as serverless
from constructs import Construct

from opensearch_ml.engine.network import HTTPS, Network
from opensearch_ml.engine.used_collection import CollectionGrants

NAME = re.compile(r"[a-z][a-z0-9-]{2,27}")


class ServerlessCollection(CollectionGrants):
    """The collection `name`, 3 to 28 characters, in a collection group of the same name.

    `search_units` and `indexing_units` are the minimum and maximum OCUs. With a minimum of 0, the generation NEXTGEN
    scales to zero. NEXTGEN always has `standby` replicas; for CLASSIC they are optional. The KMS key with the ARN `key`
    encrypts the collection, by default a key that Amazon owns.

    With a `network` only an endpoint in it reaches the collection. The endpoint allows the network's own group,
    `cidrs`, and clients of the existing `security_groups`. It serves all collections of its generation in the VPC; if
    there is one already, `existing_endpoint` is its id.

    Nobody may read or write before a `grant_index`. With `removal_policy` RETAIN the collection is retained with
    everything that it needs. Raises ValueError for a name that Amazon would refuse.

    Example::

        collection = ml.ServerlessCollection(stack, "Collection", name="articles")
        reader = iam.Role(stack, "Reader", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        collection.grant_index(reader, ["aoss:DescribeIndex", "aoss:ReadDocument"], index="articles")
        reader.add_to_policy(collection.requests)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        generation: str = "NEXTGEN",
        standby: bool = True,
        search_units: tuple[int, int] = (0, 8),
        indexing_units: tuple[int, int] = (0, 8),
        network: Network | None = None,
        security_groups: Sequence[str] = (),
        cidrs: Sequence[str] = (),
        existing_endpoint: str | None = None,
        key: str | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        if Token.is_unresolved(name) or not NAME.fullmatch(name):
            raise ValueError(
                f"name is {name!r}, but a collection's name must be known at synth and have 3 to 28 lower-case "
                "letters, digits and hyphens, beginning with a letter; set another name."
            )
        self.name = name
        standby_replicas = "ENABLED" if standby else "DISABLED"
        rule = {"ResourceType": "collection", "Resource": [f"collection/{name}"]}
        encryption = serverless.CfnSecurityPolicy(
            self,
            "Encryption",
            name=f"{name}-key",
            type="encryption",
            description=f"Encrypts {name} with a key that {'its owner names' if key else 'Amazon owns'}",
            policy=_compact(
                {"Rules": [rule], **({"AWSOwnedKey": False, "KmsARN": key} if key else {"AWSOwnedKey": True})}
            ),
        )
        made: list[CfnResource] = []
        way: dict[str, object] = {"AllowFromPublic": True}
        if network:
            make = self._interface_endpoint if generation == "NEXTGEN" else self._classic_endpoint
            through = existing_endpoint or make(network, [*security_groups], [*cidrs], made)
            way = {"AllowFromPublic": False, "SourceVPCEs": [through]}
        reach = serverless.CfnSecurityPolicy(
            self,
            "Reach",
            name=f"{name}-net",
            type="network",
            description=f"From where {name} is reached",
            policy=Stack.of(self).to_json_string([{"Rules": [rule], **way}]),
        )
        group = serverless.CfnCollectionGroup(
            self,
            "Group",
            name=name,
            generation=generation,
            standby_replicas=standby_replicas,
            description=f"Capacity of {name}",
            capacity_limits=serverless.CfnCollectionGroup.CapacityLimitsProperty(
                min_search_capacity_in_ocu=search_units[0],
                max_search_capacity_in_ocu=search_units[1],
                min_indexing_capacity_in_ocu=indexing_units[0],
                max_indexing_capacity_in_ocu=indexing_units[1],
            ),
        )
        self.collection = serverless.CfnCollection(
            self,
            "Collection",
            name=name,
            type="VECTORSEARCH",
            collection_group_name=group.name,
            standby_replicas=standby_replicas,
            description="Passages and their vectors",
        )
        # Amazon refuses a collection if no encryption policy for its name exists. The collection refers to its group
        # only by name, so CloudFormation does not see that dependency.
        self.collection.node.add_dependency(encryption, reach, group)
        for resource in (*made, encryption, reach, group, self.collection):
            resource.apply_removal_policy(removal_policy)
        self.endpoint = self.collection.attr_collection_endpoint
        self.arn = self.collection.attr_arn
        self.identity = self.collection.attr_id

    def _classic_endpoint(
        self, network: Network, existing: list[str], cidrs: list[str], made: list[CfnResource]
    ) -> str:
        group = self._endpoint_group(network, cidrs, made)
        endpoint = serverless.CfnVpcEndpoint(
            self,
            "Endpoint",
            name=f"{self.name}-vpc",
            vpc_id=network.vpc.vpc_id,
            subnet_ids=[subnet.subnet_id for subnet in network.vpc.private_subnets],
            security_group_ids=[group.security_group_id, *existing],
        )
        made.append(endpoint)
        return endpoint.attr_id

    def _interface_endpoint(
        self, network: Network, existing: list[str], cidrs: list[str], made: list[CfnResource]
    ) -> str:
        """A NEXTGEN collection is at `<id>.aoss.<region>.on.aws`; in the VPC an endpoint of aoss-data takes this name.

        https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-collection-endpoints.html
        """
        group = self._endpoint_group(network, cidrs, made)
        endpoint = ec2.CfnVPCEndpoint(
            self,
            "Endpoint",
            vpc_id=network.vpc.vpc_id,
            service_name=f"com.amazonaws.{Aws.REGION}.aoss-data",
            vpc_endpoint_type="Interface",
            private_dns_enabled=True,
            subnet_ids=[subnet.subnet_id for subnet in network.vpc.private_subnets],
            security_group_ids=[group.security_group_id, *existing],
        )
        made.append(endpoint)
        return endpoint.ref

    def _endpoint_group(self, network: Network, cidrs: list[str], made: list[CfnResource]) -> ec2.SecurityGroup:
        """The endpoint's security group; all clients in the VPC then reach collections through that endpoint."""
        own = ec2.SecurityGroup(
            self, "EndpointGroup", vpc=network.vpc, description=f"The collection {self.name}", allow_all_outbound=False
        )
        own.add_ingress_rule(network.group, ec2.Port.tcp(HTTPS), "Functions of this environment")
        for cidr in cidrs:
            own.add_ingress_rule(ec2.Peer.ipv4(cidr), ec2.Port.tcp(HTTPS), "Whoever asks in this VPC")
        group = own.node.default_child
        assert isinstance(group, CfnResource)  # noqa: S101 for the type checker
        made.append(group)
        return own


def _compact(policy: object) -> str:
    return json.dumps(policy, separators=(",", ":"))
