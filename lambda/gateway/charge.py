"""Counts one question in its caller's quota, if the environment has quotas."""

from typing import TYPE_CHECKING

from gateway import telemetry
from rag.budget import Budget
from rag.caller import Caller
from rag.own_settings import settings
from rag.usage import Usage

if TYPE_CHECKING:
    from rag.quota import Charge

# The most seconds for the two updates after the answer.
_SECONDS = 5.0


class OwnCharge:
    """A question that is counted. Its tokens are added to `usage`, which is None without a quota."""

    def __init__(self, charge: "Charge | None") -> None:
        self._charge = charge
        self.usage: Usage | None = charge.usage if charge else None

    def end(self, *, answered: bool) -> None:
        """Count the tokens of the question. A failure is only logged, because the caller already has the reply."""
        if self._charge is None:
            return
        charge, self._charge = self._charge, None
        try:
            charge.end(Budget(_SECONDS), answered=answered)
        except Exception as error:  # noqa: BLE001 - whatever it is, the reply goes
            telemetry.not_counted(error)


FREE = OwnCharge(None)


def charged(who: Caller, seconds: float) -> OwnCharge:
    """Count a question; raises `QuotaExceeded`."""
    if settings().quota is None:
        return FREE
    # Imported here, because it imports boto3, which is slow and not needed without a quota.
    from rag.quota import own_quota

    quota = own_quota()
    return OwnCharge(quota.begin(who, Budget(seconds))) if quota else FREE
