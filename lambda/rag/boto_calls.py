"""Calls of AWS APIs with boto3. Import this only where one is called, because boto3 is slow to import."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EventStreamError,
    HTTPClientError,
    ReadTimeoutError,
)

from aws.tracing import subsegment
from rag.aws_statuses import STATUS
from rag.budget import Budget
from rag.service_failure import failure_of, late, unreachable

# Timeouts in seconds; a call uses the client with the largest one within its time. The list is short, because each
# client has its own connections.
_WAITS = (1, 2, 3, 5, 8, 12, 17, 22, 27, *range(30, 901, 5))


def client(service: str, region: str | None, read_seconds: float, connect_seconds: float = 5, **more: Any) -> Any:
    """A client that tries once, because the budget retries. `region` defaults to the function's."""
    # No retries, because botocore's ignore the time that is left.
    config = Config(
        connect_timeout=connect_seconds, read_timeout=read_seconds, retries={"total_max_attempts": 1}, **more
    )
    return boto3.client(service, region_name=region, config=config)  # type: ignore[call-overload]


class Clients:
    """Clients of one service with different timeouts, because botocore sets a timeout for a client and not for a call.

    They are made at their first use, and several threads may use them.
    """

    def __init__(
        self, service: str, region: str | None, read_seconds: float, connect_seconds: float = 5, **more: Any
    ) -> None:
        self._most = read_seconds
        self._of, self._connect, self._more = (service, region), connect_seconds, more
        self._made: dict[float, Any] = {}
        self._making = Lock()

    def within(self, budget: Budget) -> Any:
        """A client whose timeout is within the time left; raises `TimedOut` if no time is left."""
        left = budget.call(self._most)
        seconds = left if left == self._most else max([wait for wait in _WAITS if wait <= left], default=_WAITS[0])
        with self._making:
            if seconds not in self._made:
                self._made[seconds] = client(*self._of, seconds, min(self._connect, seconds), **self._more)
            return self._made[seconds]


@contextmanager
def calling(side: str, **more: float | None) -> Iterator[None]:
    """Turn botocore's exceptions into failures; `side` and `more` are those of `failure_of`."""
    try:
        with subsegment(side, remote=True):
            yield
    except (ClientError, EventStreamError) as error:
        raise failure_of(side, _status(error), str(error), **more) from error
    except (ReadTimeoutError, TimeoutError) as error:
        raise late(side, type(error).__name__) from error
    except (ConnectTimeoutError, HTTPClientError) as error:
        raise unreachable(side, str(error)) from error
    except BotoCoreError as error:
        raise unreachable(side, f"{type(error).__name__} {error}") from error


def _status(error: ClientError) -> int:
    said = error.response.get("Error", {}).get("Code", "")
    # SageMaker's ModelError, 424, contains the container's status.
    inner = error.response.get("OriginalStatusCode")
    if isinstance(inner, int):
        return inner
    # Exceptions within a stream have no status, and their names are in lower camel case.
    named = STATUS.get(said[:1].upper() + said[1:])
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return named or (status if isinstance(status, int) and status >= 400 else 500)
