"""JSON verbs on top of a transport: they repeat what is safe to repeat, and raise only `ProvisioningError`s."""

import functools
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from mlcommons.collection import Collection
from mlcommons.errors import (
    EngineThrottled,
    InvalidSpec,
    NotFound,
    PermissionMissing,
    ProvisioningError,
    Unanswered,
    Unreachable,
)
from mlcommons.patience import Patience
from mlcommons.translation import error_of
from mlcommons.transport import MAYBE, Request, Response, Transport, is_write
from mlcommons.versions import Version, version_of

LONGEST_ANSWER = 60.0

log = logging.getLogger(__name__)


def _no_secret(arn: str, key: str) -> str:
    raise InvalidSpec(f"Reading {key!r} of the secret {arn}", "this client cannot read secrets")


class Client:
    """Sends requests to one engine within one invocation's patience.

    Every verb returns the parsed JSON body, or raises a `ProvisioningError`. Reads, PUT and DELETE are repeated after
    every temporary fault; other requests are repeated only if they cannot have been carried out: after 403 or 429, and
    without a connection. The patience decides how long. `before_write` is called before each request that changes
    state. `secret` reads the value of a key of a JSON secret to which a specification refers. For a serverless
    collection, `collection` explains refusals, and tells how long its policies need to spread.
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
        """The engine's version, read once; None if the engine does not report it; a collection never does."""
        try:
            return None if self._collection else version_of(self.glance("/"))
        except ProvisioningError:
            return None

    def get(self, path: str, **query: str) -> Any:
        """GET; raises `NotFound` for a missing object."""
        return self._call(Request("GET", path, query))

    def find(self, path: str, **query: str) -> Any | None:
        """GET; None for a missing object."""
        try:
            return self.get(path, **query)
        except NotFound:
            return None

    def glance(self, path: str) -> Any:
        """GET, sent only once, without a wait after a fault."""
        return self._once(Request("GET", path))

    def probe(self, path: str, body: Any, **query: str) -> Any:
        """POST of a search, sent only once, without a wait after a fault."""
        return self._once(Request("POST", path, query, body))

    def post(self, path: str, body: Any = None, **query: str) -> Any:
        """POST, with `body` as JSON."""
        return self._call(Request("POST", path, query, body))

    def put(self, path: str, body: Any, *, once: bool = False, **query: str) -> Any:
        """PUT; set `once` if the engine would refuse a second request, for example to create an index."""
        return self._call(Request("PUT", path, query, body), once)

    def attempt(self, path: str, body: Any, **query: str) -> Any:
        """PUT, sent only once, without a wait after a fault."""
        return self._once(Request("PUT", path, query, body))

    def patch(self, path: str, body: Any) -> Any:
        """PATCH, with the steps of a JSON Patch as `body`."""
        return self._call(Request("PATCH", path, {}, body))

    def delete(self, path: str, *, once: bool = False) -> Any:
        """DELETE; set `once` if a second request could delete an object that somebody else has made since."""
        return self._call(Request("DELETE", path), once)

    def outlast(self, error: ProvisioningError) -> bool:
        """Wait until the failed request may be repeated; False if it may not, see `Patience.outlast`."""
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
    """Join path parts, each quoted: `path_of("_ingest", "pipeline", name)`."""
    return "/" + "/".join(quote(part, safe="") for part in parts)


def _not_json(tried: str, answer: Response) -> Unreachable:
    if str(answer.body).startswith(("{", "[")):
        return Unanswered(tried, f"{answer.status} with an incomplete answer", MAYBE)
    hint = "Check that OpenSearch has this address."
    error = Unreachable(tried, f"{answer.status} without JSON", hint)
    error.status = answer.status
    return error


def _nothing_done(error: ProvisioningError) -> bool:
    if isinstance(error, Unanswered):
        return False
    return isinstance(error, PermissionMissing | EngineThrottled | Unreachable)
