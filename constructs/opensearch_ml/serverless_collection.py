"""ServerlessCollection: a vector collection of OpenSearch Serverless with all that must be there before it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from aws_cdk import CfnResource, RemovalPolicy, Stack, Token
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_opensearchserverless as serverless
from constructs import Construct

from opensearch_ml.index_access import IndexAccess
from opensearch_ml.network import HTTPS, Network

NAME = re.compile(r"[a-z][a-z0-9-]{2,27}")


class ServerlessCollection(Construct):
    """The collection `name`, 3 to 28 characters, in a collection group of the same name.

    `search_units` and `indexing_units` are least and most OCU. The generation NEXTGEN lets a least of 0 scale to
    nothing and always has `standby` replicas; CLASSIC has them by choice. Encrypted with a key that Amazon owns. With
    a `network` it is reached through an endpoint there and from nowhere else: by the network's own group, and by whom
    the existing `security_groups` let in. Nobody may read or write before `grant_index` says so.
    With `removal_policy` RETAIN it stays with all that it needs.

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
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        if Token.is_unresolved(name) or not NAME.fullmatch(name):
            raise ValueError(
                f"search.name is {name!r}, but a collection's is known before the deploy and has 3 to 28 lower-case "
                "letters, digits and hyphens, a letter first; set another."
            )
        self.name = name
        standby_replicas = "ENABLED" if standby else "DISABLED"
        rule = {"ResourceType": "collection", "Resource": [f"collection/{name}"]}
        encryption = serverless.CfnSecurityPolicy(
            self,
            "Encryption",
            name=f"{name}-key",
            type="encryption",
            description=f"Encrypts {name} with a key that Amazon owns",
            policy=_compact({"Rules": [rule], "AWSOwnedKey": True}),
        )
        endpoint = self._vpc_endpoint(network, security_groups) if network else None
        way = {"AllowFromPublic": False, "SourceVPCEs": [endpoint.attr_id]} if endpoint else {"AllowFromPublic": True}
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
        # Amazon refuses a collection that no encryption policy is waiting for; the group is known to it by name only.
        self.collection.node.add_dependency(encryption, reach, group)
        made: list[CfnResource] = [encryption, reach, group, self.collection, *([endpoint] if endpoint else [])]
        for one in made:
            one.apply_removal_policy(removal_policy)
        self.endpoint = self.collection.attr_collection_endpoint
        self.arn = self.collection.attr_arn

    @property
    def requests(self) -> iam.PolicyStatement:
        """What a role needs in IAM, besides `grant_index`, to send requests to the collection."""
        return iam.PolicyStatement(actions=["aoss:APIAccessAll"], resources=[self.arn])

    def grant_index(self, role: iam.Role, permissions: Sequence[str], *, index: str) -> IndexAccess:
        """Let `role` do what `permissions` name on `index`, by a policy in the role's stack; `*` is every index."""
        return IndexAccess(
            role,
            f"{self.node.id}Access",
            collection=self.name,
            index=index,
            roles=[role.role_arn],
            permissions=permissions,
        )

    def _vpc_endpoint(self, network: Network, existing: Sequence[str]) -> serverless.CfnVpcEndpoint:
        own = ec2.SecurityGroup(
            self, "EndpointGroup", vpc=network.vpc, description=f"The collection {self.name}", allow_all_outbound=False
        )
        own.add_ingress_rule(network.group, ec2.Port.tcp(HTTPS), "Functions of this environment")
        return serverless.CfnVpcEndpoint(
            self,
            "Endpoint",
            name=f"{self.name}-vpc",
            vpc_id=network.vpc.vpc_id,
            subnet_ids=[one.subnet_id for one in network.vpc.private_subnets],
            security_group_ids=[own.security_group_id, *existing],
        )


def _compact(policy: object) -> str:
    return json.dumps(policy, separators=(",", ":"))
