"""Provisioner: the function behind every `Custom::Ml…` resource, and the role it signs with."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from opensearch_ml.acknowledge import acknowledge, acknowledge_wildcards
from opensearch_ml.function_bundle import PYTHON, RUNTIME, function_code, source_of
from opensearch_ml.index_access import IndexAccess
from opensearch_ml.network import Network, allow_interfaces
from opensearch_ml.search_domain import HTTP_ACTIONS
from opensearch_ml.serverless_collection import ServerlessCollection
from opensearch_ml.straight_keys import READ

SOURCE = source_of("provisioner_function", "lambda/provisioner")

INDEXES = tuple(f"aoss:{verb}Index" for verb in ("Create", "Delete", "Describe", "Update"))
# Whether something is there is asked with GET.
REQUESTS = tuple(action for action in HTTP_ACTIONS if action != "es:ESHttpHead")


class Provisioner(Construct):
    """The function, its `role` and its `policy`.

    `timeout`, ten minutes by default, bounds one custom resource. Whatever is made through the function must depend
    on `policy`: CloudFormation otherwise calls a role that may not do anything yet. `role_name` is given when others
    must name the role before it exists. With a `network` the function runs in its subnets.

    Example::

        provisioner = ml.Provisioner(stack, "Provisioner")
        provisioner.allow_requests(engine.domain_arn)
        provisioner.metric_errors().create_alarm(stack, "Crashed", threshold=1, evaluation_periods=1)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        timeout: Duration | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
        role_name: str | None = None,
        network: Network | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.timeout = timeout or Duration.minutes(10)
        group = logs.LogGroup(self, "Log", retention=log_retention, removal_policy=removal_policy)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            role_name=role_name,
            description="Signs the requests that provision connectors, models, pipelines and indexes",
        )
        self.policy = iam.Policy(
            self,
            "Policy",
            roles=[self.role],
            statements=[
                iam.PolicyStatement(
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[group.log_group_arn]
                )
            ],
        )
        self.function = lambda_.Function(
            self,
            "Function",
            description="Provisions connectors, models, pipelines and indexes on a search domain",
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            handler="handler.handler",
            code=function_code(SOURCE),
            role=self.role,
            timeout=self.timeout,
            memory_size=256,
            log_group=group,
            vpc=network.vpc if network else None,
            vpc_subnets=network.subnets if network else None,
            security_groups=network.groups if network else None,
        )
        if network:
            allow_interfaces(self.policy)
        self.function.node.add_dependency(self.policy)
        acknowledge(
            self.function,
            {"AwsSolutions-L1": f"The function's dependencies are locked and tested for Python {PYTHON}."},
        )

    def metric_errors(self) -> cloudwatch.Metric:
        """Calls that crashed, summed over five minutes; a refusal that CloudFormation was told of is not one."""
        return self.function.metric_errors()

    def metric_duration(self) -> cloudwatch.Metric:
        """How long a call took, in milliseconds, averaged over five minutes."""
        return self.function.metric_duration()

    def allow_admin(self, role_arn: str) -> None:
        """Let the function take a role that may change role mappings; that role must trust this one as well."""
        self.policy.add_statements(iam.PolicyStatement(actions=["sts:AssumeRole"], resources=[role_arn]))

    def allow_login(self, secret_arn: str) -> None:
        """Let the function read the name and password it signs in with."""
        self.policy.add_statements(iam.PolicyStatement(actions=[READ], resources=[secret_arn]))

    def allow_collection(self, collection: ServerlessCollection) -> IndexAccess:
        """Let the function make, change and remove indexes of the collection, and read or write no document."""
        self.policy.add_statements(collection.requests)
        return collection.grant_index(self.role, INDEXES, index="*")

    def allow_requests(self, domain_arn: str) -> None:
        """Let the function send signed requests to every path of the domain."""
        self.policy.add_statements(iam.PolicyStatement(actions=list(REQUESTS), resources=[f"{domain_arn}/*"]))
        acknowledge_wildcards(
            self.policy,
            [f"{domain_arn}/*"],
            "One function provisions the whole domain: it may send requests to any path of it, and nowhere else.",
        )
