"""The current request: its caller, the time that is left for it, its status, and the store of its files."""

import time
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.caller import Caller
from rag.own_settings import settings

if TYPE_CHECKING:
    from rag.originals import Originals

# Seconds after which API Gateway answers a request with an error; jobs may take longer.
GATEWAY_SECONDS = 29.0
# Seconds of the function's time that are reserved for the time-out error.
MARGIN = 1.0


@dataclass
class CurrentRequest:
    """A request of `caller`: API Gateway's `event`, Lambda's `context`, and the `status` of the response."""

    event: Mapping[str, Any]
    context: Any
    caller: Caller
    status: int = 200


REQUEST: ContextVar[CurrentRequest] = ContextVar("request")


def caller() -> Caller:
    """The caller of the request."""
    return REQUEST.get().caller


def answered_with(status: int) -> None:
    """Answer the request with another status than 200."""
    REQUEST.get().status = status


def originals() -> "Originals | None":
    """The store of uploaded files; None if the environment has none."""
    if settings().originals is None:
        return None
    from rag.originals import own_originals

    return own_originals()


def seconds() -> float:
    """The seconds that are left for the work: the function's time, and API Gateway's since the request arrived."""
    request = REQUEST.get()
    left: float = min(request.context.get_remaining_time_in_millis() / 1000, GATEWAY_SECONDS)
    taken = (request.event.get("requestContext") or {}).get("requestTimeEpoch")
    if taken is not None:
        waited = time.time() - taken / 1000
        # An impossible time of arrival is ignored, because a clock may be wrong.
        left = min(left, GATEWAY_SECONDS - waited) if 0 <= waited <= GATEWAY_SECONDS else left
    return max(left - MARGIN, MARGIN)
