"""EnvironmentStack: what all stacks of an environment share."""

from __future__ import annotations

import json

import aws_cdk as cdk
from constructs import Construct

from opensearch_ml.resources.specifications import write_specifications
from settings import Environment
from settings.outputs import BILLED, Outputs
from settings.prices import PART_OF, billed

# The context value in which `osml deploy` lists existing stacks that are protected, separated by commas.
PROTECTED = "protected"


class EnvironmentStack(cdk.Stack):
    """The stack `osml-<environment>-<part>`. `removal` is the removal policy of its data.

    Data is not retained when the creation of its own resource is rolled back, because its name would block the next
    attempt. For the same reason a stack is protected from deletion only after it has been created.
    """

    def __init__(self, scope: Construct, environment: Environment, part: str, description: str) -> None:
        name = f"{environment.prefix}-{part}"
        retain = environment.search.removal == "retain"
        super().__init__(
            scope,
            name,
            stack_name=name,
            description=description,
            env=cdk.Environment(account=environment.account, region=environment.region),
            termination_protection=name in str(scope.node.try_get_context(PROTECTED) or "").split(",") or None,
            analytics_reporting=False,
        )
        items = {item: units for item, units in billed(environment).items() if PART_OF[item] == part}
        if items:
            self.output(BILLED, json.dumps(items, sort_keys=True))
        self.removal = cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if retain else cdk.RemovalPolicy.DESTROY

    def write_specifications(self, id: str = "Specifications") -> None:
        """Write the specifications with which `osml status` compares the objects of this stack; call it once."""
        write_specifications(Construct(self, id))

    def outputs(self, said: Outputs) -> None:
        """Write the outputs that the command line reads from this stack."""
        for name, value in said.written():
            self.output(name, value)

    def output(self, name: str, value: str) -> None:
        """Write an output whose logical id is exactly `name`."""
        cdk.CfnOutput(self, name, value=value).override_logical_id(name)
