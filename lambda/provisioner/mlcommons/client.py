"""JSON verbs on top of a transport: they retry what is safe to repeat and raise our errors, nothing else."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from mlcommons.collection import Collection
from mlcommons.errors import Failed, InvalidSpec, NotFound, ProvisioningError, Throttled, Unanswered, Unreachable
from mlcommons.patience import Patience
from mlcommons.translation import error_of
from mlcommons.transport import Request, Transport, is_write

LONGEST_ANSWER = 60.0
_TRIES_WHEN_UNREACHABLE = 3
_PASSING = (502, 503, 504)

log = logging.getLogger(__name__)


def _no_secret(arn: str, key: str) -> str:
    raise InvalidSpec(f"Reading {key!r} of the secret {arn}", "nothing here reads secrets")


class Client:
    """Speaks to one engine within one invocation's patience.

    Every verb returns the parsed JSON body and raises a `ProvisioningError`. Reads, PUT
    and DELETE are repeated after 429, 502 to 504 and broken connections; other requests only after 429 and when
    they cannot have arrived. `before_write` is called before each request that changes state.
    `secret` reads the value under a key of a JSON secret: what a specification only refers to. Of a `collection` also
    refusals are repeated, whatever the request, for as long as its policies may take to spread.
    """

    def __init__(
        self,
        transport: Transport,
        patience: Patience | None = None,
        before_write: Callable[[], None] = lambda: None,
        secret: Callable[[str, str], str] = _no_secret,
        collection: Collection | None = None,
    ) -> None:
        self._transport = transport
        self.patience = patience or Patience()
        self._before_write = before_write
        self.secret = secret
        self._collection = collection

    def get(self, path: str, **query: str) -> Any:
        return self._call(Request("GET", path, query))

    def find(self, path: str, **query: str) -> Any | None:
        """GET, with None for an object that is not there."""
        try:
            return self.get(path, **query)
        except NotFound:
            return None

    def post(self, path: str, body: Any = None, **query: str) -> Any:
        return self._call(Request("POST", path, query, body))

    def put(self, path: str, body: Any, *, once: bool = False) -> Any:
        """PUT; `once` when a second time would be refused, as making an index is."""
        return self._call(Request("PUT", path, {}, body), once)

    def patch(self, path: str, body: Any) -> Any:
        return self._call(Request("PATCH", path, {}, body))

    def delete(self, path: str) -> Any:
        return self._call(Request("DELETE", path))

    def _call(self, request: Request, once: bool = False) -> Any:
        idempotent = not once and (request.method in ("PUT", "DELETE") or not is_write(request))
        attempt = 0
        while True:
            try:
                return self._once(request)
            except ProvisioningError as error:
                if not (self._spreading(error) or _repeatable(error, attempt, idempotent)):
                    raise
                log.warning({"retrying": str(error), "attempt": attempt + 1})
                if not self.patience.wait(attempt, error.retry_after):
                    raise
            attempt += 1

    def _spreading(self, error: ProvisioningError) -> bool:
        return self._collection is not None and self._collection.may_pass(error, self.patience.elapsed())

    def _once(self, request: Request) -> Any:
        tried = f"{request.method} {request.path}"
        timeout = min(LONGEST_ANSWER, self.patience.left())
        if timeout <= 0:
            raise Unreachable(tried, "the invocation's time is used up", "Raise the function's timeout.")
        if is_write(request):
            self._before_write()
        answer = self._transport.send(request, timeout)
        if answer.status >= 400:
            raise error_of(tried, answer, self._collection)
        if answer.status >= 300 or (answer.body and not isinstance(answer.body, dict | list)):
            raise Unreachable(
                tried,
                f"{answer.status} without JSON",
                "Something other than OpenSearch answers at this address.",
            )
        return answer.body


def path_of(*parts: str) -> str:
    """Join path parts, each quoted as a whole: `path_of("_ingest", "pipeline", name)`."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


def _repeatable(error: ProvisioningError, attempt: int, idempotent: bool) -> bool:
    if isinstance(error, Throttled):
        return True
    if isinstance(error, Unanswered):
        return idempotent
    if isinstance(error, Unreachable):
        return error.status is None and attempt < _TRIES_WHEN_UNREACHABLE - 1
    return idempotent and isinstance(error, Failed) and error.status in _PASSING
