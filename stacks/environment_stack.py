"""EnvironmentStack: what all stacks of an environment share."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from osml.environment import Environment


class EnvironmentStack(cdk.Stack):
    """The stack `osml-<environment>-<part>`. `removal` is what becomes of data when it goes."""

    def __init__(self, scope: Construct, environment: Environment, part: str, description: str) -> None:
        name = f"{environment.prefix}-{part}"
        retain = environment.search.removal == "retain"
        super().__init__(
            scope,
            name,
            stack_name=name,
            description=description,
            env=cdk.Environment(account=environment.account, region=environment.region),
            termination_protection=retain,
            analytics_reporting=False,
        )
        self.removal = cdk.RemovalPolicy.RETAIN if retain else cdk.RemovalPolicy.DESTROY

    def output(self, name: str, value: str) -> None:
        """An output whose logical id is `name` and nothing more: the command line reads it by that."""
        cdk.CfnOutput(self, name, value=value).override_logical_id(name)
