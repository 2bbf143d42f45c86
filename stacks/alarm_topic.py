"""The SNS topic of the alarms: an existing one, or one that the first of the stacks creates."""

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
    """Create the topic in `stack`, with a subscription of the e-mail address `address`."""
    topic = sns.Topic(stack, "Alarms", topic_name=_name(environment), enforce_ssl=True)
    topic.apply_removal_policy(RemovalPolicy.DESTROY)
    # A topic with its own policy has no default policy; without this statement CloudWatch could not publish to it.
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
    """Let every alarm of the stacks in `scope` notify the topic when it fires and when it ends."""
    by_stack: dict[str, actions.SnsAction] = {}
    for construct in scope.node.find_all():
        if not isinstance(construct, cloudwatch.Alarm):
            continue
        stack = Stack.of(construct)
        if stack.stack_name not in by_stack:
            # The name needs no export; CloudFormation could not remove an export that is in use.
            arn = alarms.arn or stack.format_arn(service="sns", resource=_name(environment))
            by_stack[stack.stack_name] = actions.SnsAction(sns.Topic.from_topic_arn(stack, "AlarmTopic", arn))
        action = cast(cloudwatch.IAlarmAction, by_stack[stack.stack_name])
        construct.add_alarm_action(action)
        construct.add_ok_action(action)


def _name(environment: Environment) -> str:
    return f"{environment.prefix}-alarms"
