"""EnvironmentStack: what all stacks of an environment share."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct

from opensearch_ml.resources.specifications import write_specifications
from settings import Environment
from settings.outputs import Outputs

# The context by which `osml deploy` names stacks that exist and are protected, with commas between them.
PROTECTED = "protected"


class EnvironmentStack(cdk.Stack):
    """The stack `osml-<environment>-<part>`. `removal` is what becomes of data when it goes.

    What is kept is not kept when its own creation is rolled back: it would block the next attempt by its name. For the
    same reason a stack is protected from deletion after it has been created, and not by its template.
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
        self.removal = cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if retain else cdk.RemovalPolicy.DESTROY

    def write_specifications(self, id: str = "Specifications") -> None:
        """What `osml status` compares the objects of this stack with; call it last."""
        write_specifications(Construct(self, id))

    def outputs(self, said: Outputs) -> None:
        """What the command line reads of this stack."""
        for name, value in said.written():
            self.output(name, value)

    def output(self, name: str, value: str) -> None:
        """An output whose logical id is `name` and nothing more."""
        cdk.CfnOutput(self, name, value=value).override_logical_id(name)
