"""The alarms of the assistant: when it fails, and when a limit in `alarms` is passed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from opensearch_ml.engine.keeper import NAMESPACE
from settings import Environment
from settings.alarms import Alarms

ABOVE = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
BELOW = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD


@dataclass(frozen=True)
class _Limit:
    """A metric of the assistant that is on the wrong side of `threshold` in each of `periods` periods."""

    id: str
    metric: str
    statistic: str
    period: Duration
    periods: int
    side: cloudwatch.ComparisonOperator
    threshold: float
    description: str


def assistant_alarms(scope: Construct, environment: Environment, server_errors: cloudwatch.Metric) -> None:
    """Create the alarms in `scope`; none of them fires because nobody asks."""
    cloudwatch.Alarm(
        scope,
        "ServerErrors",
        metric=server_errors,
        threshold=5,
        evaluation_periods=1,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description=f"The assistant of {environment.name} failed five times in five minutes",
    )
    of = {"service": "assistant", "environment": environment.name}
    for limit in _limits(environment.alarms) if environment.alarms else ():
        metric = cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=limit.metric,
            dimensions_map=of,
            statistic=limit.statistic,
            period=limit.period,
        )
        cloudwatch.Alarm(
            scope,
            limit.id,
            metric=metric,
            threshold=limit.threshold,
            comparison_operator=limit.side,
            evaluation_periods=limit.periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"{limit.description} ({environment.name})",
        )


def _limits(alarms: Alarms) -> Iterator[_Limit]:
    if seconds := alarms.first_word_seconds:
        said = f"One of ten answers began more than {seconds:g} s after its question, for a quarter of an hour"
        yield _Limit("FirstWord", "FirstWord", "p90", Duration.minutes(5), 3, ABOVE, seconds * 1000, said)
    if percent := alarms.grounded_percent:
        said = f"Documents supported fewer than {percent:g} % of the answers, for three hours"
        yield _Limit("Groundedness", "Groundedness", "Average", Duration.hours(1), 3, BELOW, percent, said)
    if usd := alarms.usd_per_day:
        said = f"The tokens of the answer model cost more than {usd:g} USD in a day"
        yield _Limit("TokenCost", "TokenCost", "Sum", Duration.days(1), 1, ABOVE, usd, said)
