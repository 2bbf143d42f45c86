"""Keeper: a function that looks after what a stack has made on a search engine, between its deployments."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import jsii
from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from opensearch_ml.acknowledge import acknowledge, acknowledge_wildcards
from opensearch_ml.function_bundle import PYTHON, RUNTIME, function_code, source_of
from opensearch_ml.ml_model import MlModel
from opensearch_ml.ml_resource import MlResource
from opensearch_ml.network import Network
from opensearch_ml.provisioner import SOURCE as PROVISIONER
from opensearch_ml.provisioner import Provisioner

SOURCE = source_of("keeper_function", "lambda/keeper")
# What it shares with the provisioner: the kernel and its kinds, and how to sign in.
FOLDERS = {name: PROVISIONER / name for name in ("mlcommons", "secret_values.py", "sign_in.py")}
NAMESPACE = "osml"
TIMEOUT = Duration.minutes(5)


class Keeper(Construct):
    """Looks every `interval` after all `Custom::Ml…` resources that its stack has when it is made: make it last.

    It signs as `provisioner`. `secrets` are ARNs of the connectors' secrets as a policy names them, with `??????` for
    unknown characters; when one of them gets a new value, the keeper does not wait for its time. `unasked` are models
    that may rightly not answer, whose endpoint is stopped at night for example. `alarm` goes off when something could
    not be healed; it tells nobody unless it is given an action.

    Example::

        keeper = ml.Keeper(stack, "Keeper", environment="dev", provisioner=provisioner)
        keeper.metric("Drifted").create_alarm(stack, "Drifted", threshold=1, evaluation_periods=1)
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        environment: str,
        provisioner: Provisioner,
        secrets: Collection[str] = (),
        unasked: Collection[MlModel] = (),
        interval: Duration | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
        network: Network | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._stack = Stack.of(self)
        self._dimensions = {"environment": environment, "stack": self._stack.stack_name}
        self._interval = interval or Duration.minutes(15)
        folder = f"/osml/{self._stack.stack_name}"
        self._describe(folder, {model.logical_id for model in unasked})
        group = logs.LogGroup(self, "Log", retention=log_retention, removal_policy=removal_policy)
        policy = self._policy(provisioner, group, folder, secrets)
        self.function = lambda_.Function(
            self,
            "Function",
            description="Looks after connectors, models, pipelines and indexes on a search domain",
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            handler="keeper.handler",
            code=function_code(SOURCE, folders=FOLDERS),
            role=provisioner.role,
            timeout=TIMEOUT,
            memory_size=256,
            log_group=group,
            environment={"ENVIRONMENT": environment, "STACK": self._stack.stack_name, "PARAMETERS": folder},
            vpc=network.vpc if network else None,
            vpc_subnets=network.subnets if network else None,
            security_groups=network.groups if network else None,
        )
        self.function.node.add_dependency(policy)
        acknowledge(
            self.function,
            {"AwsSolutions-L1": f"The function's dependencies are locked and tested for Python {PYTHON}."},
        )
        self._call(secrets)
        self.alarm = self.metric("Unhealed", Duration.minutes(max(1, self._interval.to_minutes()))).create_alarm(
            self,
            "Unhealed",
            threshold=1,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"Something of {self._stack.stack_name} does not work, and the keeper could not heal it",
        )

    def metric(self, name: str, period: Duration | None = None) -> cloudwatch.Metric:
        """The most of a round: `Unhealed`, `Healed`, `Drifted` or `Swept`; over `period`, its interval by default."""
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=name,
            dimensions_map=self._dimensions,
            statistic="Maximum",
            period=period or self._interval,
        )

    def _describe(self, folder: str, unasked: Collection[str]) -> None:
        """One parameter for each object: what it is and should be. A specification names secrets, and holds none."""
        for one in self._stack.node.find_all():
            if isinstance(one, MlResource):
                told = {**one.desired, **({"asked": False} if one.logical_id in unasked else {})}
                ssm.CfnParameter(
                    self,
                    one.logical_id,
                    name=f"{folder}/{one.logical_id}",
                    type="String",
                    # Standard, which is free, up to 4 KiB.
                    tier="Intelligent-Tiering",
                    value=self._stack.to_json_string(told),
                    description="What the keeper compares the object on the search engine with",
                )

    def _policy(
        self, provisioner: Provisioner, group: logs.LogGroup, folder: str, secrets: Collection[str]
    ) -> iam.Policy:
        """What the provisioner's role must be allowed besides; see docs/decisions/0014 on why it is that role."""
        parameters = self._stack.format_arn(service="ssm", resource="parameter", resource_name=folder[1:])
        # Asked for by name, a stack is this resource to IAM: without the id at its end.
        own = self._stack.format_arn(
            service="cloudformation", resource="stack", resource_name=f"{self._stack.stack_name}/*"
        )
        statements = [
            iam.PolicyStatement(actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[group.log_group_arn]),
            iam.PolicyStatement(actions=["cloudformation:DescribeStacks"], resources=[own]),
            iam.PolicyStatement(actions=["ssm:GetParametersByPath"], resources=[parameters]),
        ]
        if secrets:
            statements.append(
                iam.PolicyStatement(actions=["secretsmanager:DescribeSecret"], resources=sorted(set(secrets)))
            )
        policy = iam.Policy(self, "Policy", roles=[provisioner.role], statements=statements)
        acknowledge_wildcards(policy, [own], "The id that CloudFormation puts after the stack's name.")
        guessed = [arn for arn in secrets if arn.endswith("?")]
        acknowledge_wildcards(policy, guessed, "The six characters that Secrets Manager puts after a secret's name.")
        return policy

    def _call(self, secrets: Collection[str]) -> None:
        schedule = events.Rule(
            self,
            "Schedule",
            description=f"Calls the keeper of {self._stack.stack_name}",
            schedule=events.Schedule.rate(self._interval),
        )
        self._let(schedule)
        if not secrets:
            return
        # Secrets Manager's own event, which needs no trail. It names the complete ARN of the secret.
        # https://docs.aws.amazon.com/secretsmanager/latest/userguide/secret-event-notifications.html
        complete = [events.Match.prefix(arn.rstrip("?")) for arn in sorted(set(secrets))]
        rotation = events.Rule(
            self,
            "Rotation",
            description=f"Calls the keeper of {self._stack.stack_name} when a secret of its connectors has changed",
            event_pattern=events.EventPattern(
                source=["aws.secretsmanager"],
                detail_type=["Secret Label Updated"],
                resources=events.Match.any_of(*complete),
                detail={"labelUpdated": ["AWSCURRENT"]},
            ),
        )
        self._let(rotation)

    def _let(self, rule: events.Rule) -> None:
        rule.add_target(_Call(self.function.function_arn))
        # By events_targets the permission's logical id would hold the path of a pipeline's stage (aws-cdk-lib 2.275).
        self.function.add_permission(
            rule.node.id, principal=iam.ServicePrincipal("events.amazonaws.com"), source_arn=rule.rule_arn
        )


@jsii.implements(events.IRuleTarget)
class _Call:
    """The function as what a rule calls."""

    def __init__(self, arn: str) -> None:
        self._arn = arn

    def bind(self, rule: Any, id: str | None = None) -> events.RuleTargetConfig:  # noqa: ARG002
        return events.RuleTargetConfig(arn=self._arn)
