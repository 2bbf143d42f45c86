"""AssistantFunction: one of the three functions behind the assistant's API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from opensearch_ml.acknowledge import acknowledge, acknowledge_wildcards
from opensearch_ml.function_bundle import PYTHON, RUNTIME, function_code, source_of
from opensearch_ml.network import Network, allow_interfaces

ASSISTANT = source_of("assistant_function", "lambda/assistant")
PAGE = source_of("page_function", "lambda/page")
WEB = source_of("web", "web")


@dataclass(frozen=True)
class Part:
    """What one of the functions runs; `memory` in MiB, `folders` beside its code."""

    description: str
    source: Path
    handler: str
    memory: int
    native: bool
    variables: Mapping[str, str] = field(default_factory=dict)
    folders: Mapping[str, Path] = field(default_factory=dict)


POWERTOOLS = {"POWERTOOLS_SERVICE_NAME": "assistant", "POWERTOOLS_METRICS_NAMESPACE": "osml"}
PARTS = {
    "ask": Part(
        "Answers questions from the passages it finds",
        ASSISTANT,
        "assistant.ask.answer",
        1024,
        True,
        # The managed runtime of Python cannot stream; this script starts one that can.
        {**POWERTOOLS, "AWS_LAMBDA_EXEC_WRAPPER": "/var/task/stream-runtime"},
    ),
    "documents": Part(
        "Stores, lists and removes documents", ASSISTANT, "assistant.api.handler", 1024, True, POWERTOOLS
    ),
    "page": Part("Serves the page, and signs its users in", PAGE, "page.handler", 256, False, folders={"web": WEB}),
}


class AssistantFunction(Construct):
    """The function `part`: ask, documents or page. Its role may write its log and traces, and what `allow` adds.

    `variables` are environment variables. With a `network` it runs in its subnets. `concurrency` calls run at once, and
    are set aside for it in the account; further ones are refused.

    Example::

        ask = ml.AssistantFunction(stack, "Ask", part="ask", variables={"ASSISTANT": "{}"})
        ask.allow(iam.PolicyStatement(actions=["es:ESHttpPost"], resources=[f"{engine.domain_arn}/articles/_search"]))
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        part: str,
        variables: Mapping[str, str],
        timeout: Duration | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
        network: Network | None = None,
        concurrency: int | None = None,
    ) -> None:
        super().__init__(scope, id)
        made = PARTS[part]
        group = logs.LogGroup(self, "Log", retention=log_retention, removal_policy=removal_policy)
        self.role = iam.Role(
            self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"), description=made.description
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
        if network:
            allow_interfaces(self.policy)
        self.function = lambda_.Function(
            self,
            "Function",
            description=made.description,
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            handler=made.handler,
            code=function_code(made.source, native=made.native, folders=made.folders),
            role=self.role,
            timeout=timeout or Duration.seconds(29),
            memory_size=made.memory,
            reserved_concurrent_executions=concurrency,
            environment={**made.variables, **variables},
            tracing=lambda_.Tracing.ACTIVE,
            log_group=group,
            vpc=network.vpc if network else None,
            vpc_subnets=network.subnets if network else None,
            security_groups=network.groups if network else None,
        )
        self.function.node.add_dependency(self.policy)
        acknowledge(
            self.function,
            {"AwsSolutions-L1": f"The function's dependencies are locked and tested for Python {PYTHON}."},
        )
        acknowledge_wildcards(self.role, ["*"], "Traces belong to no resource.")

    def allow(self, *statements: iam.PolicyStatement, wildcards: str = "") -> None:
        """Let the function do more; `wildcards` is why there are some in the resources."""
        self.policy.add_statements(*statements)
        wild = [one for statement in statements for one in statement.resources if "*" in one or "?" in one]
        if wildcards:
            acknowledge_wildcards(self.policy, wild, wildcards)

    def metric_errors(self) -> cloudwatch.Metric:
        """Calls that crashed or took too long, summed over five minutes; an answer with an error status is not one."""
        return self.function.metric_errors()

    def metric_duration(self) -> cloudwatch.Metric:
        """How long a call took, in milliseconds, averaged over five minutes."""
        return self.function.metric_duration()
