"""PythonFunction: a Lambda function of this library, with its log and the policy of its role."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Duration, RemovalPolicy, Size
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from opensearch_ml.engine.acknowledge import acknowledge, acknowledge_wildcards
from opensearch_ml.engine.function_bundle import PYTHON, RUNTIME
from opensearch_ml.engine.grantee import Grantee
from opensearch_ml.engine.network import Network, allow_interfaces


class PythonFunction(Grantee):
    """`function` runs `code` with `role`, which may write the log and, with `traced`, traces.

    A given `role` belongs to another function, which must be in the same `network`, if any. Otherwise the role is
    created here, with `role_name` and `role_description` (default: the function's `description`). `memory` is in MiB.
    CDK leaves the id `Default` out of logical ids. With this id, the parts have logical ids as if they were direct
    children of the surrounding construct.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        description: str,
        code: lambda_.Code,
        handler: str,
        timeout: Duration,
        log_retention: logs.RetentionDays,
        removal_policy: RemovalPolicy,
        memory: int = 256,
        storage: Size | None = None,
        environment: Mapping[str, str] | None = None,
        role: iam.Role | None = None,
        role_name: str | None = None,
        role_description: str | None = None,
        network: Network | None = None,
        concurrency: int | None = None,
        traced: bool = False,
    ) -> None:
        super().__init__(scope, id)
        group = logs.LogGroup(self, "Log", retention=log_retention, removal_policy=removal_policy)
        self.role = role or iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            role_name=role_name,
            description=role_description or description,
        )
        logging = iam.PolicyStatement(
            actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[group.log_group_arn]
        )
        self.policy = iam.Policy(self, "Policy", roles=[self.role], statements=[logging])
        if network and role is None:
            allow_interfaces(self.policy)
        self.function = lambda_.Function(
            self,
            "Function",
            description=description,
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            handler=handler,
            code=code,
            role=self.role,
            timeout=timeout,
            memory_size=memory,
            ephemeral_storage_size=storage,
            reserved_concurrent_executions=concurrency,
            environment=environment,
            tracing=lambda_.Tracing.ACTIVE if traced else None,
            log_group=group,
            vpc=network.vpc if network else None,
            vpc_subnets=network.subnets if network else None,
            security_groups=network.groups if network else None,
        )
        self.function.node.add_dependency(self.policy)
        acknowledge(
            self.function,
            {"AwsSolutions-L1": f"The function's dependencies are locked for Python {PYTHON} and tested with it."},
        )
        if traced:
            acknowledge_wildcards(self.role, ["*"], "X-Ray's permissions to write traces have no resource.")

    def metric_errors(self) -> cloudwatch.Metric:
        """The number of calls that crashed or timed out, summed over five minutes.

        A call that returns an error as its answer does not count.
        """
        return self.function.metric_errors()

    def metric_duration(self) -> cloudwatch.Metric:
        """The duration of a call in milliseconds, averaged over five minutes."""
        return self.function.metric_duration()
