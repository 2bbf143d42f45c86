"""The specifications of a stack's objects, in parameters that the keeper and the command line read."""

from __future__ import annotations

from collections.abc import Collection

from aws_cdk import Stack
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from opensearch_ml.resources.ml_resource import MlResource


def folder_of(stack: str) -> str:
    """The path under which the stack's parameters are."""
    return f"/osml/{stack}"


def write_specifications(scope: Construct, unasked: Collection[str] = ()) -> None:
    """Create a parameter for each `Custom::Ml…` resource of the stack, also for those that it gets later.

    A specification contains names of secrets, not values. `unasked` are logical ids of models that may be off.
    """
    stack = Stack.of(scope)
    folder = folder_of(stack.stack_name)

    def write(resource: MlResource) -> None:
        specification = {**resource.desired, **({"asked": False} if resource.logical_id in unasked else {})}
        ssm.CfnParameter(
            scope,
            resource.logical_id,
            name=f"{folder}/{resource.logical_id}",
            type="String",
            # With this tier a parameter is Standard, which is free, up to 4 KiB.
            tier="Intelligent-Tiering",
            value=Stack.of(scope).to_json_string(specification),
            description="What the keeper compares the object on the search engine with",
        )

    for resource in stack.node.find_all():
        if isinstance(resource, MlResource):
            write(resource)
    MlResource.later[stack] = write
