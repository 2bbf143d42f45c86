"""The current request: its caller, the time that is left for it, and the store of its files."""

import time
from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler.api_gateway import BaseRouter

from rag.caller import Caller
from rag.own_settings import settings

if TYPE_CHECKING:
    from rag.originals import Originals

# Seconds after which API Gateway answers a request with an error; jobs may take longer.
GATEWAY_SECONDS = 29.0
# Seconds of the function's time that are reserved for the time-out error.
MARGIN = 1.0


def caller(app: BaseRouter) -> Caller:
    """The caller of the request."""
    who: Caller = app.context["who"]
    return who


def originals() -> "Originals | None":
    """The store of uploaded files; None if the environment has none."""
    if settings().originals is None:
        return None
    from rag.originals import own_originals

    return own_originals()


def seconds(app: BaseRouter) -> float:
    """The seconds that are left for the work: the function's time, and API Gateway's since the request arrived."""
    left = min(app.lambda_context.get_remaining_time_in_millis() / 1000, GATEWAY_SECONDS)
    taken = app.current_event.raw_event["requestContext"].get("requestTimeEpoch")
    if taken is not None:
        waited = time.time() - taken / 1000
        # An impossible time of arrival is ignored, because a clock may be wrong.
        left = min(left, GATEWAY_SECONDS - waited) if 0 <= waited <= GATEWAY_SECONDS else left
    return max(left - MARGIN, MARGIN)
