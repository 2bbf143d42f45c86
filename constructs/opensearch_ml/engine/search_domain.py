"""SearchDomain: an encrypted and logged OpenSearch domain that accepts only signed requests."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy, Resource, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_opensearchservice as opensearch
from constructs import Construct

from opensearch_ml.engine.acknowledge import acknowledge
from opensearch_ml.engine.dashboards_sign_in import DashboardsSignIn
from opensearch_ml.engine.network import Network

HTTP_ACTIONS = tuple(f"es:ESHttp{verb}" for verb in ("Delete", "Get", "Head", "Patch", "Post", "Put"))
SMALLEST = opensearch.CapacityConfig(
    data_nodes=1, data_node_instance_type="r7g.medium.search", multi_az_with_standby_enabled=False
)


class SearchDomain(Construct):
    """A domain with fine-grained access control whose only master user is the role `master`.

    `capacity`, `ebs` and `zone_awareness` are those of the L2 domain: one node with 20 GiB in one zone by default.
    The name is fixed, so the access policy can name the domain. Engine upgrades happen in place and never replace it.
    With a `network` the domain has no public address: only the network's own group and clients that the existing
    `security_groups` allow can reach it. With `egress` its calls of models also go through the network instead of the
    public internet.

    The domain writes its error log, and slow logs for indexes that have thresholds. With `audit_log` it also writes the
    audit log, once an AuditLog enables it in the security plugin. `log_policy` creates the policy that lets the domain
    write logs. An account may have ten such policies in a region, so with False the domain relies on an existing one.

    `maintenance_start` is the hour and minute in UTC at which Amazon's ten-hour maintenance window begins. Without it
    the window begins at 22:00 in the region's time. With `dashboards` people sign in to Dashboards in a browser, and
    the domain admits their role.

    Example::

        provisioner = ml.Provisioner(stack, "Provisioner")
        domain = ml.SearchDomain(stack, "Domain", name="articles", master=provisioner.role)
        provisioner.allow_requests(domain.arn)
        reader = iam.Role(stack, "Reader", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        domain.grant_search(reader)
        domain.metric_cluster_status_red().create_alarm(stack, "Red", threshold=1, evaluation_periods=1)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        engine_version: str = "OpenSearch_3.5",
        master: iam.IRole,
        capacity: opensearch.CapacityConfig | None = None,
        ebs: opensearch.EbsOptions | None = None,
        zone_awareness: opensearch.ZoneAwarenessConfig | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
        custom_endpoint: opensearch.CustomEndpointOptions | None = None,
        network: Network | None = None,
        security_groups: Sequence[str] = (),
        egress: bool = False,
        log_policy: bool = True,
        audit_log: bool = False,
        maintenance_start: tuple[int, int] | None = None,
        dashboards: DashboardsSignIn | None = None,
    ) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        self.name = name
        self.arn = stack.format_arn(service="es", resource="domain", resource_name=name)
        self._own_group: ec2.SecurityGroup | None = None
        groups = {
            log: logs.LogGroup(self, log, retention=log_retention, removal_policy=removal_policy)
            for log in ("SearchSlowLog", "IndexSlowLog", "ApplicationLog", *(["AuditLog"] if audit_log else []))
        }
        cognito = dashboards.options(self) if dashboards else None
        self.domain = opensearch.Domain(
            self,
            "Domain",
            domain_name=name,
            version=opensearch.EngineVersion.open_search(engine_version.removeprefix("OpenSearch_")),
            capacity=capacity or SMALLEST,
            ebs=ebs or volume(20, "gp3"),
            zone_awareness=zone_awareness or zones(1),
            enforce_https=True,
            tls_security_policy=opensearch.TLSSecurityPolicy.TLS_1_2_PFS,
            encryption_at_rest=opensearch.EncryptionAtRestOptions(enabled=True),
            node_to_node_encryption=True,
            fine_grained_access_control=opensearch.AdvancedSecurityOptions(master_user_arn=master.role_arn),
            logging=opensearch.LoggingOptions(
                slow_search_log_enabled=True,
                slow_search_log_group=groups["SearchSlowLog"],
                slow_index_log_enabled=True,
                slow_index_log_group=groups["IndexSlowLog"],
                app_log_enabled=True,
                app_log_group=groups["ApplicationLog"],
                audit_log_enabled=audit_log,
                audit_log_group=groups.get("AuditLog"),
            ),
            suppress_logs_resource_policy=True,
            enable_version_upgrade=True,
            enable_auto_software_update=True,
            off_peak_window_enabled=True,
            off_peak_window_start=_start(maintenance_start),
            removal_policy=removal_policy,
            custom_endpoint=custom_endpoint,
            cognito_dashboards_auth=cognito,
            vpc=network.vpc if network else None,
            vpc_subnets=[network.subnets] if network else None,
            security_groups=self._groups(network, security_groups) if network else None,
        )
        self.endpoint = f"https://{self.domain.domain_endpoint}"
        self._let_in(dashboards.role_arn if dashboards else None)
        if egress and self._own_group:
            self._lead_out(self._own_group)
        if maintenance_start is None:
            # The L2 of aws-cdk-lib 2.275 writes 22:00 UTC; without a window Amazon uses 22:00 in the region's time.
            self._resource.add_property_deletion_override("OffPeakWindowOptions.OffPeakWindow")
        needed: list[Resource] = [self._own_group] if self._own_group else []
        if log_policy:
            policy = self._log_policy(list(groups.values()))
            self.domain.node.add_dependency(policy)
            needed.append(policy)
        if cognito:
            role = cognito.role
            assert isinstance(role, iam.Role)  # noqa: S101 for the type checker
            needed.append(role)
        # A retained domain also retains what it needs: the policy for its logs, its group in the VPC, and its role.
        for resource in needed:
            resource.apply_removal_policy(removal_policy)
        self._acknowledge(public=network is None)

    def grant_search(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let `grantee` read and search; fine-grained access control decides about the documents."""
        read = self._grant(grantee, ["es:ESHttpGet", "es:ESHttpHead"], "*")
        return read.combine(self._grant(grantee, ["es:ESHttpPost"], "*/_search", "*/_msearch"))

    def grant_ingest(self, grantee: iam.IGrantable) -> iam.Grant:
        """Let `grantee` write documents into any index, and delete them."""
        bulk = self._grant(grantee, ["es:ESHttpPost"], "_bulk", "*/_bulk")
        return bulk.combine(self._grant(grantee, ["es:ESHttpPut", "es:ESHttpPost", "es:ESHttpDelete"], "*/_doc/*"))

    def _grant(self, grantee: iam.IGrantable, actions: list[str], *paths: str) -> iam.Grant:
        resources = [f"{self.arn}/{path}" for path in paths]
        return iam.Grant.add_to_principal(grantee=grantee, actions=actions, resource_arns=resources, scope=self)

    def metric(self, name: str, *, statistic: str = "Average", period: Duration | None = None) -> cloudwatch.Metric:
        """A metric of the domain by its name in AWS/ES; the default period is five minutes."""
        return self.domain.metric(name, statistic=statistic, period=period)

    def metric_cluster_status_red(self) -> cloudwatch.Metric:
        """A metric that is 1 while some data is unavailable."""
        return self.domain.metric_cluster_status_red()

    def metric_free_storage_space(self) -> cloudwatch.Metric:
        """The free space of the fullest node, in MiB."""
        return self.domain.metric_free_storage_space()

    def metric_search_latency(self) -> cloudwatch.Metric:
        """The latency of searches in milliseconds, 99th percentile."""
        return self.domain.metric_search_latency()

    def _groups(self, network: Network, existing: Sequence[str]) -> list[ec2.ISecurityGroup]:
        own = self._own_group = ec2.SecurityGroup(
            self, "Group", vpc=network.vpc, description=f"The domain {self.name}", allow_all_outbound=False
        )
        own.add_ingress_rule(network.group, ec2.Port.tcp(443), "The provisioner")
        return [own, *network.existing_groups(existing)]

    @property
    def _resource(self) -> opensearch.CfnDomain:
        resource = self.domain.node.default_child
        assert isinstance(resource, opensearch.CfnDomain)  # noqa: S101 for the type checker
        return resource

    def _lead_out(self, group: ec2.SecurityGroup) -> None:
        # The L2 of aws-cdk-lib 2.275 has no property for it.
        self._resource.add_property_override("VPCOptions.EgressEnabled", True)
        group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "Models")

    def _let_in(self, people: str | None) -> None:
        # The L2 makes its access_policies= and its log policy with custom resources, which need a Node function
        # (aws-cdk-lib 2.275). The same two policies as properties need no function.
        self._resource.access_policies = iam.PolicyDocument(
            statements=[
                iam.PolicyStatement(
                    principals=[iam.AccountRootPrincipal(), *([iam.ArnPrincipal(people)] if people else [])],
                    actions=list(HTTP_ACTIONS),
                    resources=[f"{self.arn}/*"],
                )
            ]
        )

    def _log_policy(self, groups: list[logs.LogGroup]) -> logs.ResourcePolicy:
        stack = Stack.of(self)
        return logs.ResourcePolicy(
            self,
            "LogPolicy",
            resource_policy_name=f"{self.name}-logs",
            policy_statements=[
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal("es.amazonaws.com")],
                    actions=["logs:PutLogEvents", "logs:CreateLogStream"],
                    resources=[group.log_group_arn for group in groups],
                    conditions={
                        "StringEquals": {"aws:SourceAccount": stack.account},
                        "ArnLike": {"aws:SourceArn": self.arn},
                    },
                )
            ],
        )

    def _acknowledge(self, *, public: bool) -> None:
        reason = "The endpoint is public, and fine-grained access control checks each request's signature and role."
        acknowledge(
            self.domain,
            {
                **({"AwsSolutions-OS1": reason} if public else {}),
                "AwsSolutions-OS3": "The domain identifies callers by their IAM role, not by their IP address.",
                "AwsSolutions-OS4": "Dedicated masters are a setting: production domains have three.",
                "AwsSolutions-OS7": "Availability zones are a setting: production domains have three.",
            },
        )


def _start(time: tuple[int, int] | None) -> opensearch.WindowStartTime | None:
    return opensearch.WindowStartTime(hours=time[0], minutes=time[1]) if time else None


def zones(count: int) -> opensearch.ZoneAwarenessConfig:
    """Zone awareness over `count` availability zones: none for 1."""
    if count == 1:
        return opensearch.ZoneAwarenessConfig(enabled=False)
    return opensearch.ZoneAwarenessConfig(enabled=True, availability_zone_count=count)


def volume(size: int, type: str) -> opensearch.EbsOptions:
    """An EBS volume of `size` GiB for each data node, encrypted with the domain's key."""
    kinds = {"gp2": ec2.EbsDeviceVolumeType.GP2, "gp3": ec2.EbsDeviceVolumeType.GP3}
    return opensearch.EbsOptions(enabled=True, volume_size=size, volume_type=kinds[type])
