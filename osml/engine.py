"""The engine of an environment as the kernel's kinds read it: their requests in the operator's session."""

from typing import Any

from mlcommons import Answer, Client, Patience, Request
from mlcommons.errors import Unreachable
from mlcommons.transport import answer_of
from osml.domain import Domain
from osml.failure import Failure

CONNECT_SECONDS = 10.0
LONGEST_SECONDS = 600.0


class OperatorTransport:
    """A transport of mlcommons over `domain`. Raises `Unreachable` when nothing answered."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain

    def send(self, request: Request, timeout: float) -> Answer:
        """One request, signed by the operator; `timeout` in seconds."""
        waits = (min(CONNECT_SECONDS, timeout), timeout)
        try:
            response = self._domain.request(request.method, request.target, json=request.body, timeout=waits)
        except Failure as failure:
            raise Unreachable(f"{request.method} {request.path}", str(failure)) from None
        return answer_of(response)


class Impatience(Patience):
    """Waits for nothing and repeats nothing: whoever looks wants to be told of what a deploy would wait out."""

    def wait(self, *_: Any, **__: Any) -> bool:
        """Never."""
        return False

    def outlast(self, *_: Any, **__: Any) -> bool:
        """Never."""
        return False


def reader(domain: Domain) -> Client:
    """A client whose every request is sent once."""
    return Client(OperatorTransport(domain), Impatience(seconds=LONGEST_SECONDS))
