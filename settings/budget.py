"""What an environment may cost in a month."""

from __future__ import annotations

from pydantic import Field

from settings import Group


class CostBudget(Group):
    """AWS Budgets notifies the topic or the address of `alarms` at 80 % of `usd_per_month`, and when the forecast for
    the whole month exceeds it. Nothing is stopped. The tag `environment` assigns costs to an environment; an
    administrator of the account activates it once for billing.
    """

    usd_per_month: float = Field(gt=0, examples=[300])
