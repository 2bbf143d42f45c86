"""SearchDomain: an OpenSearch domain that is encrypted, logged, and lets nobody in without a signature."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_opensearchservice as opensearch
from constructs import Construct

from opensearch_ml.acknowledge import acknowledge

HTTP_ACTIONS = tuple(f"es:ESHttp{verb}" for verb in ("Delete", "Get", "Head", "Patch", "Post", "Put"))


class SearchDomain(Construct):
    """A domain with fine-grained access control whose one master user is the role `master`.

    `capacity`, `ebs` and `zone_awareness` are those of the L2 domain. The name is fixed, so the access policy
    can name the domain; engine upgrades happen in place and never replace it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        engine_version: str,
        master: iam.IRole,
        capacity: opensearch.CapacityConfig,
        ebs: opensearch.EbsOptions,
        zone_awareness: opensearch.ZoneAwarenessConfig,
        log_retention: logs.RetentionDays,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        self.name = name
        self.arn = stack.format_arn(service="es", resource="domain", resource_name=name)
        groups = {
            log: logs.LogGroup(self, log, retention=log_retention, removal_policy=removal_policy)
            for log in ("SearchSlowLog", "IndexSlowLog", "ApplicationLog", "AuditLog")
        }
        self.domain = opensearch.Domain(
            self,
            "Domain",
            domain_name=name,
            version=opensearch.EngineVersion.open_search(engine_version.removeprefix("OpenSearch_")),
            capacity=capacity,
            ebs=ebs,
            zone_awareness=zone_awareness,
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
                audit_log_enabled=True,
                audit_log_group=groups["AuditLog"],
            ),
            suppress_logs_resource_policy=True,
            enable_version_upgrade=True,
            enable_auto_software_update=True,
            off_peak_window_enabled=True,
            removal_policy=removal_policy,
        )
        self.endpoint = f"https://{self.domain.domain_endpoint}"
        self._let_the_account_in()
        self.domain.node.add_dependency(self._log_policy(list(groups.values())))
        self._acknowledge()

    def _let_the_account_in(self) -> None:
        # The L2's access_policies= and its log policy are custom resources with a Node function of their own
        # (aws-cdk-lib 2.275): the same two policies as properties need no function.
        resource = self.domain.node.default_child
        assert isinstance(resource, opensearch.CfnDomain)  # noqa: S101 for the type checker
        resource.access_policies = iam.PolicyDocument(
            statements=[
                iam.PolicyStatement(
                    principals=[iam.AccountRootPrincipal()],
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

    def _acknowledge(self) -> None:
        acknowledge(
            self.domain,
            {
                "AwsSolutions-OS1": "Public by design: each request is signed, mapped to a role by fine-grained "
                "access control and written to the audit log.",
                "AwsSolutions-OS3": "Callers are known by their IAM role, not by their address.",
                "AwsSolutions-OS4": "Dedicated masters are a setting: production has three, one node none.",
                "AwsSolutions-OS5": "The access policy names the account, so anonymous requests are refused.",
                "AwsSolutions-OS7": "Zones are a setting: production has three, a single node has one.",
            },
        )


def zones(count: int) -> opensearch.ZoneAwarenessConfig:
    """Zone awareness over `count` availability zones: none for 1."""
    if count == 1:
        return opensearch.ZoneAwarenessConfig(enabled=False)
    return opensearch.ZoneAwarenessConfig(enabled=True, availability_zone_count=count)


def volume(size: int, type: str) -> opensearch.EbsOptions:
    """An encrypted-with-the-domain EBS volume of `size` GiB per data node."""
    kinds = {"gp2": ec2.EbsDeviceVolumeType.GP2, "gp3": ec2.EbsDeviceVolumeType.GP3}
    return opensearch.EbsOptions(enabled=True, volume_size=size, volume_type=kinds[type])
