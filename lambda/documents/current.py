"""The request that is being answered: who sends it, how much time is left for it, and where its files are kept."""

import time
from typing import TYPE_CHECKING

from aws_lambda_powertools.event_handler.api_gateway import BaseRouter

from rag.caller import Caller
from rag.own_settings import settings

if TYPE_CHECKING:
    from rag.originals import Originals

# Seconds from a request until API Gateway answers for the function; jobs take longer.
GATEWAY_SECONDS = 29.0
# Seconds kept back from the function's time, for saying that it was not enough.
MARGIN = 1.0


def caller(app: BaseRouter) -> Caller:
    """Who sends it."""
    who: Caller = app.context["who"]
    return who


def originals() -> "Originals | None":
    """Where files are kept as they were uploaded; None if the environment keeps none."""
    if settings().originals is None:
        return None
    from rag.originals import own_originals

    return own_originals()


def seconds(app: BaseRouter) -> float:
    """What is left for the work, of the function's time and of API Gateway's, which began when it took the request."""
    left = min(app.lambda_context.get_remaining_time_in_millis() / 1000, GATEWAY_SECONDS)
    taken = app.current_event.raw_event["requestContext"].get("requestTimeEpoch")
    if taken is not None:
        waited = time.time() - taken / 1000
        # A clock that goes wrong takes no time away.
        left = min(left, GATEWAY_SECONDS - waited) if 0 <= waited <= GATEWAY_SECONDS else left
    return max(left - MARGIN, MARGIN)
