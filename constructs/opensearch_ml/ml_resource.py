"""MlResource: what all `Custom::Ml…` resources share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from aws_cdk import CfnElement, CustomResource, Duration, RemovalPolicy, Stack
from constructs import Construct

from opensearch_ml.target import Target


class MlResource(Construct):
    """One object on the target, of the type `Custom::Ml<kind>`; `spec` may hold deploy-time tokens.

    Target and Spec travel as JSON strings: CloudFormation turns the numbers and booleans of a structure
    into strings on the way to the function.
    """

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
    ) -> None:
        super().__init__(scope, id)
        stack = Stack.of(self)
        where = target.administration if as_admin else target.address
        resource = CustomResource(
            self,
            "Resource",
            resource_type=f"Custom::Ml{kind}",
            service_token=target.provisioner.function.function_arn,
            # A minute more than the function has, so that its own words arrive before CloudFormation's.
            service_timeout=target.provisioner.timeout.plus(Duration.seconds(60)),
            properties={"Target": stack.to_json_string(where), "Spec": stack.to_json_string(spec)},
            removal_policy=removal_policy,
        )
        self.physical_id = resource.get_att_string("Id")
        self.logical_id = str(stack.resolve(stack.get_logical_id(cast(CfnElement, resource.node.default_child))))
        # What a keeper compares the object with.
        self.desired = {"kind": kind, "id": resource.ref, "target": where, "spec": spec}
        self.node.add_dependency(*target.prerequisites)
