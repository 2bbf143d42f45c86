"""MlResource: the base of all `Custom::Ml…` resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, cast
from weakref import WeakKeyDictionary

from aws_cdk import CfnElement, CustomResource, Duration, RemovalPolicy, Stack
from constructs import Construct

from opensearch_ml.engine.target import Target

REPAIR = "osml:repair"


class MlResource(Construct):
    """One object on the target, of the type `Custom::Ml<kind>`; `spec` may contain deploy-time tokens.

    Target and Spec are JSON strings, because CloudFormation turns numbers and booleans in structures into strings.

    CloudFormation updates an object only when a property changes. The context value `osml:repair` is such a property,
    and it differs each time. With it every object is updated, which restores objects that somebody deleted or changed.

    An `adopted` object was created by others. The stack finds it by its owner mark, and releases it when the resource
    is deleted.

    `later` is called for each resource that a stack gets after its specifications were written.
    """

    later: ClassVar[WeakKeyDictionary[Stack, Callable[[MlResource], None]]] = WeakKeyDictionary()

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        target: Target,
        kind: str,
        spec: Mapping[str, object],
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
        as_admin: bool = False,
        adopted: bool = False,
    ) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        where = target.administration if as_admin else target.address
        repair = self.node.try_get_context(REPAIR)
        resource = CustomResource(
            self,
            "Resource",
            resource_type=f"Custom::Ml{kind}",
            service_token=target.provisioner.function.function_arn,
            # One minute more than the function's timeout; the function's error then arrives before CloudFormation's.
            service_timeout=target.provisioner.timeout.plus(Duration.seconds(60)),
            properties={
                "Target": stack.to_json_string(where),
                "Spec": stack.to_json_string(spec),
                **({"Repair": repair} if repair else {}),
                **({"Adopted": "true"} if adopted else {}),
            },
            removal_policy=removal_policy,
        )
        self.physical_id = resource.get_att_string("Id")
        self.logical_id = str(stack.resolve(stack.get_logical_id(cast(CfnElement, resource.node.default_child))))
        # The specification with which a keeper compares the object.
        self.desired = {"kind": kind, "id": resource.ref, "target": where, "spec": spec}
        self.node.add_dependency(*target.prerequisites)
        if stack in self.later:
            self.later[stack](self)
