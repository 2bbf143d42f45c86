"""JSON verbs on top of a transport: they retry what is safe to repeat and raise our errors, nothing else."""

import functools
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from mlcommons.collection import Collection
from mlcommons.errors import (
    InvalidSpec,
    NotFound,
    ProvisioningError,
    Refused,
    Throttled,
    Unanswered,
    Unreachable,
)
from mlcommons.patience import Patience
from mlcommons.translation import error_of
from mlcommons.transport import MAYBE, Answer, Request, Transport, is_write
from mlcommons.versions import Version, version_of

LONGEST_ANSWER = 60.0

log = logging.getLogger(__name__)


def _no_secret(arn: str, key: str) -> str:
    raise InvalidSpec(f"Reading {key!r} of the secret {arn}", "this client cannot read secrets")


class Client:
    """Speaks to one engine within one invocation's patience.

    Every verb returns the parsed JSON body and raises a `ProvisioningError`. Reads, PUT and DELETE are repeated after
    whatever may pass, other requests only when nothing can have come of them: after 403, 429 and when they cannot have
    arrived. How long is the patience's to say. `before_write` is called before each request that changes state.
    `secret` reads the value under a key of a JSON secret: what a specification only refers to. A `collection` says
    what its refusals mean and how long its policies may take to spread.
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

    @functools.cached_property
    def version(self) -> Version | None:
        """The engine's version, asked for once; None when it does not tell, as a collection does not."""
        try:
            return None if self._collection else version_of(self.glance("/"))
        except ProvisioningError:
            return None

    def get(self, path: str, **query: str) -> Any:
        return self._call(Request("GET", path, query))

    def find(self, path: str, **query: str) -> Any | None:
        """GET, with None for an object that is not there."""
        try:
            return self.get(path, **query)
        except NotFound:
            return None

    def glance(self, path: str) -> Any:
        """GET, sent a single time whatever comes of it: nothing is waited for."""
        return self._once(Request("GET", path))

    def probe(self, path: str, body: Any, **query: str) -> Any:
        """POST of a search, sent a single time whatever comes of it: nothing is waited for."""
        return self._once(Request("POST", path, query, body))

    def post(self, path: str, body: Any = None, **query: str) -> Any:
        return self._call(Request("POST", path, query, body))

    def put(self, path: str, body: Any, *, once: bool = False, **query: str) -> Any:
        """PUT; `once` when a second time would be refused, as making an index is."""
        return self._call(Request("PUT", path, query, body), once)

    def attempt(self, path: str, body: Any, **query: str) -> Any:
        """PUT, sent a single time whatever comes of it: nothing is waited for."""
        return self._once(Request("PUT", path, query, body))

    def patch(self, path: str, body: Any) -> Any:
        return self._call(Request("PATCH", path, {}, body))

    def delete(self, path: str, *, once: bool = False) -> Any:
        """DELETE; `once` when a second time could hit what someone else has made there since."""
        return self._call(Request("DELETE", path), once)

    def outlast(self, error: ProvisioningError) -> bool:
        """Wait until what failed may be tried again; False when it may not, see `Patience.outlast`."""
        spreading = self._collection.spreading_of(error) if self._collection else None
        attempt = self.patience.attempt
        if not self.patience.outlast(error, spreading):
            return False
        log.warning({"trying again after": str(error), "attempt": attempt})
        return True

    def _call(self, request: Request, once: bool = False) -> Any:
        idempotent = not once and (request.method in ("PUT", "DELETE") or not is_write(request))
        while True:
            try:
                return self._once(request)
            except ProvisioningError as error:
                if not (idempotent or _nothing_done(error)) or not self.outlast(error):
                    raise

    def _once(self, request: Request) -> Any:
        tried = f"{request.method} {request.path}"
        timeout = min(LONGEST_ANSWER, self.patience.left())
        if timeout <= 0:
            raise Unreachable(tried, "the invocation's time is over", "Raise the function's timeout.")
        if is_write(request):
            self._before_write()
        answer = self._transport.send(request, timeout)
        if answer.status >= 400:
            raise error_of(tried, answer, self._collection)
        if answer.status >= 300 or (answer.body and not isinstance(answer.body, dict | list)):
            raise _not_json(tried, answer)
        return answer.body


def path_of(*parts: str) -> str:
    """Join path parts, each quoted as a whole: `path_of("_ingest", "pipeline", name)`."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


def _not_json(tried: str, answer: Answer) -> Unreachable:
    if str(answer.body).startswith(("{", "[")):
        return Unanswered(tried, f"{answer.status} with an incomplete answer", MAYBE)
    hint = "Check that OpenSearch has this address."
    error = Unreachable(tried, f"{answer.status} without JSON", hint)
    error.status = answer.status
    return error


def _nothing_done(error: ProvisioningError) -> bool:
    if isinstance(error, Unanswered):
        return False
    return isinstance(error, Refused | Throttled | Unreachable)
