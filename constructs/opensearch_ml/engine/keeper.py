"""Keeper: a function that checks and repairs a stack's objects on a search engine between deploys."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import jsii
from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from opensearch_ml.engine.function_bundle import function_code, libraries, source_of
from opensearch_ml.engine.network import Network
from opensearch_ml.engine.provisioner import Provisioner
from opensearch_ml.engine.python_function import PythonFunction
from opensearch_ml.resources.ml_model import MlModel
from opensearch_ml.resources.specifications import folder_of, write_specifications

SOURCE = source_of("keeper_function", "lambda/keeper")
# Code that is shared with the provisioner: the kernel, its kinds, and the sign-in.
FOLDERS = libraries("aws", "calls", "mlcommons")
NAMESPACE = "osml"
TIMEOUT = Duration.minutes(5)


@dataclass(frozen=True)
class Ending:
    """The end of life of `about`, for example a model; the sentence `why` is reported from `told_from` on."""

    about: str
    why: str
    told_from: date


class Keeper(Construct):
    """Checks all `Custom::Ml…` resources of its stack every `interval` (default: 15 minutes).

    `later` are names of stacks that are deployed after this one. Their objects are checked too, once they exist, if
    those stacks call `write_specifications`. The keeper signs requests with the role of `provisioner`.

    `secrets` are ARNs of the connectors' secrets as in a policy, with `??????` for unknown characters. When one of them
    gets a new value, the keeper runs at once. `unasked` are models that may be off, for example because their endpoint
    stops at night. `endings` are reported from their dates on. `backup` describes the snapshots that the keeper takes
    (`lambda/keeper/backups.py`). `alarm` fires when an object could not be repaired; it notifies nobody unless you add
    an action.

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
        endings: Collection[Ending] = (),
        later: Sequence[str] = (),
        backup: Mapping[str, object] | None = None,
        interval: Duration | None = None,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
        network: Network | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._stack = Stack.of(self)
        self._dimensions = {"environment": environment, "stack": self._stack.stack_name}
        self._interval = interval or Duration.minutes(15)
        write_specifications(self, {model.logical_id for model in unasked})
        made = PythonFunction(
            self,
            "Default",
            description="Looks after connectors, models, pipelines and indexes on a search domain",
            code=function_code(SOURCE, folders=FOLDERS),
            handler="keeper.handler",
            timeout=TIMEOUT,
            environment={
                "ENVIRONMENT": environment,
                "STACKS": " ".join([self._stack.stack_name, *later]),
                "ENGINES": self._stack.to_json_string(provisioner.engines),
                "ENDINGS": json.dumps([_written(ending) for ending in endings]),
                **({"BACKUP": self._stack.to_json_string(backup)} if backup else {}),
            },
            role=provisioner.role,
            log_retention=log_retention,
            removal_policy=removal_policy,
            network=network,
        )
        self._allow(made, [self._stack.stack_name, *later], secrets)
        self.function = made.function
        self._call(secrets)
        self.alarm = self.metric("Unhealed", Duration.minutes(max(1, self._interval.to_minutes()))).create_alarm(
            self,
            "Unhealed",
            threshold=1,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"An object of {self._stack.stack_name} does not work, and the keeper could not repair "
            f"it",
        )

    def metric(self, name: str, period: Duration | None = None) -> cloudwatch.Metric:
        """The maximum over `period` (default: the interval) of `Unhealed`, `Healed`, `Drifted`, `Swept` or `Ending`."""
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=name,
            dimensions_map=self._dimensions,
            statistic="Maximum",
            period=period or self._interval,
        )

    def _allow(self, made: PythonFunction, stacks: Sequence[str], secrets: Collection[str]) -> None:
        """Add the keeper's permissions to the provisioner's role; docs/decisions/0014 explains why it is that role."""
        parameters = [self._arn("ssm", "parameter", folder_of(stack)[1:]) for stack in stacks]
        # If a call names the stack, IAM checks the stack's ARN without the id at its end.
        described = [self._arn("cloudformation", "stack", f"{stack}/*") for stack in stacks]
        made.allow(
            iam.PolicyStatement(actions=["cloudformation:DescribeStacks"], resources=described),
            iam.PolicyStatement(actions=["ssm:GetParametersByPath"], resources=parameters),
            wildcards="CloudFormation adds an id to the stack's name.",
        )
        if secrets:
            made.allow(iam.PolicyStatement(actions=["secretsmanager:DescribeSecret"], resources=sorted(set(secrets))))

    def _arn(self, service: str, resource: str, name: str) -> str:
        return self._stack.format_arn(service=service, resource=resource, resource_name=name)

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
        # With events_targets, the permission's logical id would contain the path of a pipeline's stage
        # (aws-cdk-lib 2.275).
        self.function.add_permission(
            rule.node.id, principal=iam.ServicePrincipal("events.amazonaws.com"), source_arn=rule.rule_arn
        )


def _written(ending: Ending) -> dict[str, str]:
    return {"about": ending.about, "why": ending.why, "told_from": ending.told_from.isoformat()}


@jsii.implements(events.IRuleTarget)
class _Call:
    """The function as the target of a rule."""

    def __init__(self, arn: str) -> None:
        self._arn = arn

    def bind(self, rule: Any, id: str | None = None) -> events.RuleTargetConfig:  # noqa: ARG002
        return events.RuleTargetConfig(arn=self._arn)
