"""CloudFormation's type for a budget of AWS Budgets. Nothing here costs anything, so no notification is sent.

MiniStack 1.5.33 lacks the type.
"""

from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services.cloudformation import provisioners

from sandbox.cloud.template import Properties, generated_name

TYPE = "AWS::Budgets::Budget"
# The limits of one budget: https://docs.aws.amazon.com/cost-management/latest/userguide/management-limits.html
NOTIFICATIONS, EMAILS, TOPICS = 10, 10, 1


class BudgetRegistry:
    """The budgets of every account, by name."""

    def __init__(self) -> None:
        self._budgets = AccountRegionScopedDict()

    def install(self) -> None:
        """Registers the type with MiniStack's CloudFormation; once per process."""
        provisioners._RESOURCE_HANDLERS[TYPE] = {
            "create": self._create,
            "update": self._update,
            "update_with_logical_id": True,
            "delete": self._delete,
        }

    def _create(self, logical_id: str, props: Properties, stack_name: str) -> tuple[str, Properties]:
        name = str(props["Budget"].get("BudgetName") or generated_name(stack_name, logical_id, 100))
        if name in self._budgets:
            raise ValueError(f"Error creating budget: {name} - the budget already exists.")
        return self._kept(name, props)

    def _update(
        self, physical_id: str, old: Properties, props: Properties, stack_name: str, logical_id: str
    ) -> tuple[str, Properties]:
        if old["Budget"].get("BudgetName") != props["Budget"].get("BudgetName"):
            return self._create(logical_id, props, stack_name)
        return self._kept(physical_id, props)

    def _kept(self, name: str, props: Properties) -> tuple[str, Properties]:
        _check(props)
        self._budgets[name] = props
        return name, {}

    def _delete(self, physical_id: str, _props: Properties) -> None:
        if physical_id in self._budgets:
            del self._budgets[physical_id]


def _check(props: Properties) -> None:
    budget: dict[str, Any] = props["Budget"]
    if float(budget["BudgetLimit"]["Amount"]) <= 0:
        raise ValueError("Invalid amount: a limit must be greater than 0.")
    notifications = props.get("NotificationsWithSubscribers") or []
    if len(notifications) > NOTIFICATIONS:
        raise ValueError(f"A budget has at most {NOTIFICATIONS} notifications.")
    for each in notifications:
        kinds = [subscriber["SubscriptionType"] for subscriber in each["Subscribers"]]
        if not kinds or kinds.count("SNS") > TOPICS or kinds.count("EMAIL") > EMAILS:
            raise ValueError(f"A notification has 1 to {EMAILS} addresses, and at most {TOPICS} topic.")
