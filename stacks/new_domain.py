"""The search domain of an environment whose `search.kind` is `domain`."""

from __future__ import annotations

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_iam as iam
from aws_cdk import aws_opensearchservice as opensearch

from opensearch_ml.engine.dashboards_sign_in import DashboardsSignIn
from opensearch_ml.engine.domain_alarms import DomainAlarms
from opensearch_ml.engine.log_retention import RETENTION
from opensearch_ml.engine.network import Network
from opensearch_ml.engine.search_domain import SearchDomain, volume, zones
from opensearch_ml.engine.search_engine import SearchEngine
from settings import Environment
from settings.dashboards import Dashboards
from settings.new_domain import NewDomain
from stacks.environment_stack import EnvironmentStack


def new_domain(
    stack: EnvironmentStack, environment: Environment, search: NewDomain, *, master: iam.Role, network: Network | None
) -> SearchEngine:
    """Create the domain in `stack`, with the role `master` as its master user."""
    # A retained domain needs its master user: a new role with the same name would not be the same principal.
    master.apply_removal_policy(stack.removal)
    custom = search.custom_endpoint
    certificate = acm.Certificate.from_certificate_arn(stack, "Certificate", custom.certificate_arn) if custom else None
    domain = SearchDomain(
        stack,
        "Search",
        name=environment.domain_name,
        engine_version=search.engine_version,
        master=master,
        capacity=_capacity(search),
        ebs=volume(search.volume.size, search.volume.type)
        if search.has_volumes
        else opensearch.EbsOptions(enabled=False),
        zone_awareness=zones(search.availability_zones),
        log_retention=RETENTION[search.log_retention],
        removal_policy=stack.removal,
        custom_endpoint=opensearch.CustomEndpointOptions(domain_name=custom.name, certificate=certificate)
        if custom
        else None,
        network=network,
        security_groups=search.vpc.security_groups if search.vpc else (),
        egress=search.vpc is not None and search.vpc.egress == "vpc",
        log_policy=search.log_policy == "create",
        audit_log=search.audit_log,
        maintenance_start=(search.maintenance.hour, search.maintenance.minute) if search.maintenance else None,
        dashboards=_sign_in(search.dashboards) if search.dashboards else None,
    )
    DomainAlarms(stack, "SearchAlarms", domain=domain, gibibytes=search.volume.size if search.has_volumes else None)
    if custom:
        stack.output("CustomEndpoint", f"https://{custom.name}")
        stack.output("CustomEndpointTarget", domain.domain.domain_endpoint)
    if search.dashboards:
        stack.output("DashboardsUrl", f"{domain.endpoint}/_dashboards/")
    return SearchEngine(domain.endpoint, domain_arn=domain.arn)


def _sign_in(dashboards: Dashboards) -> DashboardsSignIn:
    return DashboardsSignIn(dashboards.user_pool, dashboards.identity_pool, dashboards.role)


def _capacity(search: NewDomain) -> opensearch.CapacityConfig:
    masters, warm = search.dedicated_masters, search.ultrawarm
    return opensearch.CapacityConfig(
        data_node_instance_type=search.data_nodes.instance_type,
        data_nodes=search.data_nodes.count,
        master_node_instance_type=masters.instance_type if masters else None,
        master_nodes=masters.count if masters else None,
        warm_instance_type=warm.instance_type if warm else None,
        warm_nodes=warm.count if warm else None,
        # This is always set, because the L2 enables it by default.
        multi_az_with_standby_enabled=search.standby,
    )
