"""The engine as the kernel's kinds read it: their requests go through the operator's session."""

import math
from typing import Any, cast

from mlcommons import Client, Patience, Request, Response
from mlcommons.cause import Cause
from mlcommons.errors import Unreachable
from mlcommons.transport import answer_of
from osml.failure import Failure
from osml.remote.domain import Domain

CONNECT_SECONDS = 10.0
# A command has no deadline: a person may read for an hour before they confirm. Each request has its own time limit.
LONGEST_SECONDS = math.inf


class OperatorTransport:
    """A transport of mlcommons over `domain`. Raises `Unreachable` without an answer."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain

    def send(self, request: Request, timeout: float) -> Response:
        """One request, signed by the operator; `timeout` in seconds."""
        waits = (min(CONNECT_SECONDS, timeout), timeout)
        try:
            response = self._domain.request(request.method, request.target, json=request.body, timeout=waits)
        except Failure as failure:
            tried = f"{request.method} {request.path}"
            # Also for errors before the engine is called, as when the caller may not assume the operator role.
            raise Unreachable(tried, str(failure), cause=cast("Cause", failure.cause)) from None
        return answer_of(response)


class Impatience(Patience):
    """No waiting and no retries: a reader wants to see the state that a deploy would wait for."""

    def wait(self, *_: Any, **__: Any) -> bool:
        """Never wait."""
        return False

    def outlast(self, *_: Any, **__: Any) -> bool:
        """Never wait for another attempt."""
        return False


def reader(domain: Domain) -> Client:
    """A client whose every request is sent once."""
    return Client(OperatorTransport(domain), Impatience(seconds=LONGEST_SECONDS))
