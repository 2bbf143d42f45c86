"""The request that is being answered: who sends it, and how much time is left for it."""

import time

from aws_lambda_powertools.event_handler.api_gateway import BaseRouter

from rag.caller import Caller

# Seconds from a request until API Gateway answers for the function; jobs take longer.
GATEWAY_SECONDS = 29.0
# Seconds kept back from the function's time, for saying that it was not enough.
MARGIN = 1.0


def caller(app: BaseRouter) -> Caller:
    """Who sends it."""
    who: Caller = app.context["who"]
    return who


def seconds(app: BaseRouter) -> float:
    """What is left for the work, of the function's time and of API Gateway's, which began when it took the request."""
    left = min(app.lambda_context.get_remaining_time_in_millis() / 1000, GATEWAY_SECONDS)
    taken = app.current_event.raw_event["requestContext"].get("requestTimeEpoch")
    if taken is not None:
        waited = time.time() - taken / 1000
        # A clock that goes wrong takes no time away.
        left = min(left, GATEWAY_SECONDS - waited) if 0 <= waited <= GATEWAY_SECONDS else left
    return max(left - MARGIN, MARGIN)
