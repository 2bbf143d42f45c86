"""EnvironmentStage: the stacks of one environment as a stage of a pipeline."""

import aws_cdk as cdk
from constructs import Construct

from opensearch_ml.engine.operator_role import OperatorRole
from opensearch_ml.engine.used_collection import CollectionGrants
from settings import Environment
from settings.outputs import BILLED, AssistantOutputs, IndexOutputs
from stacks.environment_stacks import environment_stacks


class EnvironmentStage(cdk.Stage):
    """The stacks of one environment, with the names and contents that `cdk deploy -c env=…` gives them."""

    def __init__(self, scope: Construct, environment: Environment) -> None:
        super().__init__(
            scope, environment.name, env=cdk.Environment(account=environment.account, region=environment.region)
        )
        environment_stacks(self, environment)
        cdk.Tags.of(self).add("app", "osml")
        cdk.Tags.of(self).add("environment", environment.name)

    def outputs(self) -> dict[str, cdk.CfnOutput]:
        """The outputs that `osml smoke` needs: those of the knowledge stack, and on a collection the assistant's.

        Raises ValueError when no stack has them.
        """
        collection = any(isinstance(construct, CollectionGrants) for construct in self.node.find_all())
        needed = [IndexOutputs.name_of("operator_role_arn")]
        needed += [AssistantOutputs.name_of("ask_function")] if collection else []
        by_name = {name: [child for child in self.node.children if child.node.try_find_child(name)] for name in needed}
        for name, having in by_name.items():
            if not having:
                raise ValueError(f"no stack has the output {name}, without which nobody can ask; add it")
        stacks = [stack for having in by_name.values() for stack in having]
        outputs = [child for stack in stacks for child in stack.node.children if isinstance(child, cdk.CfnOutput)]
        return {construct.node.id: construct for construct in outputs if construct.node.id != BILLED}

    def operators(self) -> list[OperatorRole]:
        """The operator roles, which may ask."""
        return [construct for construct in self.node.find_all() if isinstance(construct, OperatorRole)]
