"""ModelCopies: the number of copies of a model in an inference component, by load and by time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct, IDependable

DIMENSION = "sagemaker:inference-component:DesiredCopyCount"
Step: TypeAlias = autoscaling.CfnScalingPolicy.StepAdjustmentProperty
Action: TypeAlias = autoscaling.CfnScalableTarget.ScheduledActionProperty


@dataclass(frozen=True)
class Schedule:
    """Cron expressions of Application Auto Scaling in `timezone`: no copies between `stop` and `start`."""

    stop: str
    start: str
    timezone: str


@dataclass(frozen=True)
class Scaling:
    """From `minimum` to `maximum` copies of the model by load: one for each `calls_at_once` calls.

    Outside the hours of `schedule` there are no copies. With a `minimum` of 0 there are also none while nobody calls
    the model. A start takes about `start_seconds`.
    """

    minimum: int
    maximum: int
    calls_at_once: int
    schedule: Schedule | None = None
    start_seconds: int = 360


class ModelCopies(Construct):
    """The copies of `component`, one for each `calls_at_once` calls of its `scaling`.

    The number of instances follows the number of copies, so without copies there are no costs. With a `minimum` of 0,
    Application Auto Scaling stops the last copy after a quarter of an hour without a call. The next call then fails,
    and starts a copy again within `start_seconds`.
    https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-zero-instances.html
    """

    def __init__(self, scope: Construct, id: str, *, component: str, scaling: Scaling, after: IDependable) -> None:
        super().__init__(scope, id)
        minimum, maximum = scaling.minimum, scaling.maximum
        target = autoscaling.CfnScalableTarget(
            self,
            "Target",
            service_namespace="sagemaker",
            resource_id=f"inference-component/{component}",
            scalable_dimension=DIMENSION,
            min_capacity=minimum,
            max_capacity=maximum,
            scheduled_actions=None if scaling.schedule is None else _actions(scaling.schedule, minimum, maximum),
        )
        target.node.add_dependency(after)
        metric = autoscaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
            predefined_metric_type="SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"
        )
        autoscaling.CfnScalingPolicy(
            self,
            "Load",
            policy_name=f"{component}-load",
            policy_type="TargetTrackingScaling",
            scaling_target_id=target.ref,
            target_tracking_scaling_policy_configuration=(
                autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
                    target_value=scaling.calls_at_once, predefined_metric_specification=metric
                )
            ),
        )

        if minimum == 0:
            self._start_at_a_call(component, target, scaling.start_seconds)

    def _start_at_a_call(self, component: str, target: autoscaling.CfnScalableTarget, start_seconds: int) -> None:
        """Start a copy when a call fails for lack of one: target tracking cannot, because zero copies have no calls."""
        policy = autoscaling.CfnScalingPolicy(
            self,
            "Start",
            policy_name=f"{component}-start",
            policy_type="StepScaling",
            scaling_target_id=target.ref,
            step_scaling_policy_configuration=autoscaling.CfnScalingPolicy.StepScalingPolicyConfigurationProperty(
                adjustment_type="ChangeInCapacity",
                # Calls within this time start no second copy.
                cooldown=start_seconds,
                metric_aggregation_type="Maximum",
                step_adjustments=[Step(metric_interval_lower_bound=0, scaling_adjustment=1)],
            ),
        )
        # This alarm notifies nobody, because a start is not an error.
        cloudwatch.CfnAlarm(
            self,
            "Asked",
            alarm_description=f"{component} was called while it has no copies: it starts one",
            namespace="AWS/SageMaker",
            metric_name="NoCapacityInvocationFailures",
            dimensions=[cloudwatch.CfnAlarm.DimensionProperty(name="InferenceComponentName", value=component)],
            statistic="Sum",
            period=60,
            evaluation_periods=1,
            threshold=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[policy.ref],
        )


def _actions(schedule: Schedule, minimum: int, maximum: int) -> list[Action]:
    def action(name: str, when: str, least: int, most: int) -> Action:
        return Action(
            scheduled_action_name=name,
            schedule=when,
            timezone=schedule.timezone,
            scalable_target_action=autoscaling.CfnScalableTarget.ScalableTargetActionProperty(
                min_capacity=least, max_capacity=most
            ),
        )

    return [action("stop", schedule.stop, 0, 0), action("start", schedule.start, minimum, maximum)]
