"""SearchStack: the domain, the function that provisions it, and the role that people take."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_opensearchservice as opensearch
from constructs import Construct

from opensearch_ml.log_retention import RETENTION
from opensearch_ml.operator_role import OperatorRole
from opensearch_ml.provisioner import Provisioner
from opensearch_ml.search_domain import SearchDomain, volume, zones
from osml.environment import Environment
from osml.environment.search import Search
from stacks.environment_stack import EnvironmentStack


class SearchStack(EnvironmentStack):
    """`domain`, `provisioner` and `operator` of one environment."""

    def __init__(self, scope: Construct, environment: Environment) -> None:
        super().__init__(scope, environment, "search", "Search domain and what provisions it")
        search = environment.search
        self.provisioner = Provisioner(
            self,
            "Provisioner",
            timeout=cdk.Duration.seconds(environment.timeouts.provisioning),
            log_retention=RETENTION[search.log_retention],
            removal_policy=self.removal,
        )
        self.domain = SearchDomain(
            self,
            "Search",
            name=environment.domain_name,
            engine_version=search.engine_version,
            master=self.provisioner.role,
            capacity=_capacity(search),
            ebs=volume(search.volume.size, search.volume.type),
            zone_awareness=zones(search.availability_zones),
            log_retention=RETENTION[search.log_retention],
            removal_policy=self.removal,
        )
        self.provisioner.allow_requests(self.domain.arn)
        self.operator = OperatorRole(self, "Operator", domain=self.domain)
        self.output("DomainName", self.domain.name)


def _capacity(search: Search) -> opensearch.CapacityConfig:
    masters = search.dedicated_masters
    return opensearch.CapacityConfig(
        data_node_instance_type=search.data_nodes.instance_type,
        data_nodes=search.data_nodes.count,
        master_node_instance_type=masters.instance_type if masters else None,
        master_nodes=masters.count if masters else None,
        # Standby needs three zones, three masters and large nodes; the L2 would ask for it by default.
        multi_az_with_standby_enabled=False,
    )
