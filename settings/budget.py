"""What an environment may cost in a month."""

from __future__ import annotations

from pydantic import Field

from settings import Group


class CostBudget(Group):
    """AWS Budgets tells the topic or the address of `alarms` when a month comes near to `usd_per_month`.

    That is at 80 % of the amount, and when the whole month is expected to pass it. Nothing is stopped. Costs belong to
    an environment by the tag `environment`, which an administrator of the account activates once for billing.
    """

    usd_per_month: float = Field(gt=0, examples=[300])
