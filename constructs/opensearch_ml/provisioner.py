"""Provisioner: the function behind every `Custom::Ml…` resource, and the role it signs with."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from opensearch_ml.acknowledge import acknowledge, acknowledge_wildcards
from opensearch_ml.function_bundle import PYTHON, RUNTIME, function_code
from opensearch_ml.search_domain import HTTP_ACTIONS

SOURCE = Path(__file__).resolve().parents[2] / "lambda" / "provisioner"


class Provisioner(Construct):
    """The function, its `role` and its `policy`.

    `timeout` bounds one custom resource. Whatever is made through the function must depend on `policy`:
    CloudFormation otherwise calls a role that may not do anything yet.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        timeout: Duration,
        log_retention: logs.RetentionDays,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, id)
        self.timeout = timeout
        group = logs.LogGroup(self, "Log", retention=log_retention, removal_policy=removal_policy)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
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
            timeout=timeout,
            memory_size=256,
            log_group=group,
        )
        self.function.node.add_dependency(self.policy)
        acknowledge(
            self.function,
            {"AwsSolutions-L1": f"The function's dependencies are locked and tested for Python {PYTHON}."},
        )

    def allow_requests(self, domain_arn: str) -> None:
        """Let the function send signed requests to every path of the domain."""
        self.policy.add_statements(iam.PolicyStatement(actions=list(HTTP_ACTIONS), resources=[f"{domain_arn}/*"]))
        acknowledge_wildcards(
            self.policy,
            [f"{domain_arn}/*"],
            "One function provisions the whole domain: it may send requests to any path of it, and nowhere else.",
        )
