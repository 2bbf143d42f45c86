"""The budget of an environment, which AWS Budgets watches."""

from __future__ import annotations

from aws_cdk import aws_budgets as budgets

from settings import Environment
from settings.alarms import Alarms
from settings.budget import CostBudget
from stacks.environment_stack import EnvironmentStack

# https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-best-practices.html
TOLD = (("ACTUAL", 80), ("FORECASTED", 100))


def make_budget(stack: EnvironmentStack, environment: Environment, budget: CostBudget, alarms: Alarms) -> None:
    """Create the budget in `stack`; it counts all resources with the environment's tag."""
    kind, address = ("SNS", alarms.arn) if alarms.arn else ("EMAIL", alarms.topic)
    subscriber = budgets.CfnBudget.SubscriberProperty(subscription_type=kind, address=str(address))
    budgets.CfnBudget(
        stack,
        "Budget",
        budget=budgets.CfnBudget.BudgetDataProperty(
            budget_name=environment.prefix,
            budget_type="COST",
            time_unit="MONTHLY",
            budget_limit=budgets.CfnBudget.SpendProperty(amount=budget.usd_per_month, unit="USD"),
            cost_filters={"TagKeyValue": [f"user:environment${environment.name}"]},
        ),
        notifications_with_subscribers=[
            budgets.CfnBudget.NotificationWithSubscribersProperty(
                notification=budgets.CfnBudget.NotificationProperty(
                    notification_type=what,
                    comparison_operator="GREATER_THAN",
                    threshold=percent,
                    threshold_type="PERCENTAGE",
                ),
                subscribers=[subscriber],
            )
            for what, percent in TOLD
        ],
    )
