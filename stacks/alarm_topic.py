"""Whom the alarms tell: a topic that exists, or one that is made with the first of the stacks."""

from __future__ import annotations

from typing import cast

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from settings import Environment
from settings.alarms import Alarms
from stacks.environment_stack import EnvironmentStack


def make_topic(stack: EnvironmentStack, environment: Environment, address: str) -> None:
    """A topic that tells `address`, in `stack`."""
    topic = sns.Topic(stack, "Alarms", topic_name=_name(environment), enforce_ssl=True)
    topic.apply_removal_policy(RemovalPolicy.DESTROY)
    # A topic with a policy has no default one: without this CloudWatch could not write to it.
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
        )
    )
    sns.CfnSubscription(stack, "AlarmMail", topic_arn=topic.topic_arn, protocol="email", endpoint=address)


def tell(scope: Construct, environment: Environment, alarms: Alarms) -> None:
    """Let every alarm of the `scope`'s stacks tell the topic, when it goes off and when all is well again."""
    by_stack: dict[str, actions.SnsAction] = {}
    for construct in scope.node.find_all():
        if not isinstance(construct, cloudwatch.Alarm):
            continue
        stack = Stack.of(construct)
        if stack.stack_name not in by_stack:
            # By its name, which needs no export: an export that is in use could not be taken back again.
            arn = alarms.arn or stack.format_arn(service="sns", resource=_name(environment))
            by_stack[stack.stack_name] = actions.SnsAction(sns.Topic.from_topic_arn(stack, "AlarmTopic", arn))
        action = cast(cloudwatch.IAlarmAction, by_stack[stack.stack_name])
        construct.add_alarm_action(action)
        construct.add_ok_action(action)


def _name(environment: Environment) -> str:
    return f"{environment.prefix}-alarms"
