"""DomainAlarms: alarms for a domain that no longer stores or answers, or that runs out of storage."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from opensearch_ml.engine.search_domain import SearchDomain


@dataclass(frozen=True)
class _Watched:
    """A metric of AWS/ES and when it is an alarm: `statistic` over `minutes`, for `periods`, reaches `threshold`.

    With `least` the alarm fires at or below the threshold, otherwise at or above it.
    """

    metric: str
    statistic: str
    minutes: int
    periods: int
    threshold: float
    says: str
    least: bool = False


# These follow Amazon's recommendations where there are any:
# https://docs.aws.amazon.com/opensearch-service/latest/developerguide/cloudwatch-alarms.html
_WATCHED = {
    "Red": _Watched("ClusterStatus.red", "Maximum", 1, 1, 1, "has data that it cannot reach"),
    "WritesBlocked": _Watched("ClusterIndexWritesBlocked", "Maximum", 5, 1, 1, "takes no documents"),
    "MemoryPressure": _Watched("JVMMemoryPressure", "Maximum", 5, 3, 95, "has hardly any memory left"),
    "ServerErrors": _Watched("5xx", "Sum", 5, 1, 50, "failed fifty requests in five minutes"),
}


class DomainAlarms(Construct):
    """`all` contains the alarms: red status, blocked writes, memory pressure, errors, and little free storage.

    Storage is little below a quarter of `gibibytes`, the storage of one node, or below 20 GiB if `gibibytes` is None.
    The alarms notify nobody until they get an action.

    Example::

        domain = ml.SearchDomain(stack, "Domain", name="articles", master=provisioner.role)
        alarms = ml.DomainAlarms(stack, "DomainAlarms", domain=domain, gibibytes=20)
    """

    def __init__(self, scope: Construct, id: str, *, domain: SearchDomain, gibibytes: int | None) -> None:
        super().__init__(scope, id)
        least = 20 * 1024 if gibibytes is None else gibibytes * 1024 // 4
        storage = _Watched(
            "FreeStorageSpace", "Minimum", 5, 1, least, f"has less than {least} MiB left on a node", least=True
        )
        self.all = [self._alarm(name, domain, value) for name, value in {**_WATCHED, "Storage": storage}.items()]

    def _alarm(self, id: str, domain: SearchDomain, watched: _Watched) -> cloudwatch.Alarm:
        operators = cloudwatch.ComparisonOperator
        low, high = operators.LESS_THAN_OR_EQUAL_TO_THRESHOLD, operators.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
        return domain.metric(
            watched.metric, statistic=watched.statistic, period=Duration.minutes(watched.minutes)
        ).create_alarm(
            self,
            id,
            threshold=watched.threshold,
            comparison_operator=low if watched.least else high,
            evaluation_periods=watched.periods,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"The domain {domain.name} {watched.says}",
        )
