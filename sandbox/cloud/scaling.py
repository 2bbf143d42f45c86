"""CloudFormation's types for targets and policies of Application Auto Scaling.

Nothing here scales with its load. A component whose target has a minimum of 0 stops without calls, and a step policy
starts it (`component_copies`).

MiniStack 1.5.33 lacks these types.
"""

import re
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services.cloudformation import provisioners

from sandbox.cloud.component_copies import ComponentCopies
from sandbox.cloud.template import Properties

CRON = re.compile(r"(cron\(\S+( \S+){5}\)|rate\(\d+ \w+\)|at\(\S+\))")
COMPONENT = "sagemaker:inference-component:DesiredCopyCount"
TARGET, POLICY = "AWS::ApplicationAutoScaling::ScalableTarget", "AWS::ApplicationAutoScaling::ScalingPolicy"


class ScalingRegistry:
    """The scalable targets and policies of every account and region.

    `components` are SageMaker's inference components, by name. `copies` gets the targets' minimums and the policies.
    """

    def __init__(self, components: Any, copies: ComponentCopies) -> None:
        self._components = components
        self._targets = AccountRegionScopedDict()
        self._policies = AccountRegionScopedDict()
        copies.least, copies.starters = self._least, self._starters

    def install(self) -> None:
        """Registers both resource types with MiniStack's CloudFormation; once per process."""
        provisioners._RESOURCE_HANDLERS[TARGET] = self._handlers(self._targets, self._target)
        provisioners._RESOURCE_HANDLERS[POLICY] = self._handlers(self._policies, self._policy)

    def _handlers(self, kept: Any, identify: Any) -> dict[str, Any]:
        def create(_logical_id: str, props: Properties, _stack_name: str) -> tuple[str, Properties]:
            identifier = identify(props)
            kept[identifier] = props
            return identifier, {"Id": identifier, "Arn": identifier}

        def update(
            _physical_id: str, _old: Properties, props: Properties, stack_name: str, logical_id: str
        ) -> tuple[str, Properties]:
            return create(logical_id, props, stack_name)

        def delete(physical_id: str, _props: Properties) -> None:
            if physical_id in kept:
                del kept[physical_id]

        return {"create": create, "update": update, "update_with_logical_id": True, "delete": delete}

    def _target(self, props: Properties) -> str:
        resource, dimension = str(props.get("ResourceId")), str(props.get("ScalableDimension"))
        if dimension == COMPONENT and resource.removeprefix("inference-component/") not in self._components:
            raise ValueError(f"{resource} is not found: there is no such inference component.")
        if int(props["MinCapacity"]) > int(props["MaxCapacity"]):
            raise ValueError("Maximum capacity cannot be less than minimum capacity.")
        for action in props.get("ScheduledActions") or []:
            if not CRON.fullmatch(str(action.get("Schedule"))):
                raise ValueError(f"The schedule {action.get('Schedule')!r} is none of cron(…), rate(…) and at(…).")
        return f"{resource}|{dimension}|{props.get('ServiceNamespace')}"

    def _least(self, component: str) -> int | None:
        props = next((props for id, props in self._targets.items() if _is_of(id, component)), None)
        return None if props is None else int(props["MinCapacity"])

    def _starters(self, component: str) -> list[str]:
        return [
            arn
            for arn, props in self._policies.items()
            if props.get("PolicyType") == "StepScaling" and _is_of(str(props["ScalingTargetId"]), component)
        ]

    def _policy(self, props: Properties) -> str:
        target = props.get("ScalingTargetId")
        if target not in self._targets:
            raise ValueError(f"No scalable target found for {target}: the policy needs one that is registered.")
        return f"arn:aws:autoscaling:scalingPolicy:{target}:policyName/{props.get('PolicyName')}"


def _is_of(target: str, component: str) -> bool:
    return target.startswith(f"inference-component/{component}|{COMPONENT}|")
