"""The schedule of a source: a rule of EventBridge that sends messages to the queue of the runs."""

from __future__ import annotations

from typing import Any

import jsii
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct


def begin_at(scope: Construct, schedule: str, *, queue: sqs.Queue, source: str, environment: str) -> None:
    """Begin a run of `source` at the times of `schedule`, an expression of EventBridge."""
    rule = events.Rule(
        scope,
        f"Schedule{source.title().replace('-', '')}",
        description=f"Begins a run of the source {source} of {environment}",
        schedule=events.Schedule.expression(schedule),
    )
    rule.add_target(_Message(queue.queue_arn, source))
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("events.amazonaws.com")],
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            conditions={"ArnEquals": {"aws:SourceArn": rule.rule_arn}},
        )
    )


@jsii.implements(events.IRuleTarget)
class _Message:
    """The queue as the target of a rule: it gets a message about `source`, in that source's message group."""

    def __init__(self, arn: str, source: str) -> None:
        self._arn, self._source = arn, source

    def bind(self, rule: Any, id: str | None = None) -> events.RuleTargetConfig:  # noqa: ARG002
        return events.RuleTargetConfig(
            arn=self._arn,
            input=events.RuleTargetInput.from_object({"source": self._source}),
            sqs_parameters=events.CfnRule.SqsParametersProperty(message_group_id=self._source),
        )
