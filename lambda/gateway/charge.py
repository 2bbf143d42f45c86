"""One question on its caller's quota, where there is one."""

from typing import TYPE_CHECKING

from gateway import telemetry
from rag.budget import Budget
from rag.caller import Caller
from rag.own_settings import settings
from rag.usage import Usage

if TYPE_CHECKING:
    from rag.quota import Charge

# Of the time after the answer: two updates.
_SECONDS = 5.0


class OwnCharge:
    """A question that is counted; `usage` gets its tokens, and is None where nobody counts."""

    def __init__(self, charge: "Charge | None") -> None:
        self._charge = charge
        self.usage: Usage | None = charge.usage if charge else None

    def end(self, *, answered: bool) -> None:
        """Count what the question took. A failure is logged, because the caller has their reply."""
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
    # boto3 is slow to import, and where nobody has a quota there is no need of it.
    from rag.quota import own_quota

    quota = own_quota()
    return OwnCharge(quota.begin(who, Budget(seconds))) if quota else FREE
