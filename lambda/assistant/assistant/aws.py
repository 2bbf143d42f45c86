"""AWS APIs by boto3: imported only where one is called."""

from collections.abc import Iterator
from contextlib import contextmanager
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

from assistant.other_side import failure_of, late, unreachable

# What JSON APIs answer with 400, and streams without a status.
_STATUS = {
    "AccessDeniedException": 403,
    "InternalServerException": 500,
    "InternalStreamFailure": 500,
    "ModelNotReadyException": 503,
    "ModelStreamErrorException": 500,
    "ModelStreamError": 500,
    "ModelTimeoutException": 504,
    "ProvisionedThroughputExceededException": 429,
    "RequestLimitExceeded": 429,
    "ResourceNotFoundException": 404,
    "ServiceQuotaExceededException": 429,
    "ServiceUnavailableException": 503,
    "ThrottlingException": 429,
}


def client(service: str, region: str | None, read_seconds: float, connect_seconds: float = 5, **more: Any) -> Any:
    """A client that tries once: trying again is the budget's. Without `region` the function's own."""
    # Retries off: botocore's would know nothing of the time that is left.
    config = Config(
        connect_timeout=connect_seconds, read_timeout=read_seconds, retries={"total_max_attempts": 1}, **more
    )
    return boto3.client(service, region_name=region, config=config)  # type: ignore[call-overload]


@contextmanager
def calling(side: str) -> Iterator[None]:
    """Turn botocore's exceptions into failures; `side` is a name of `other_side`."""
    try:
        yield
    except (ClientError, EventStreamError) as error:
        raise failure_of(side, _status(error), str(error)) from error
    except (ReadTimeoutError, TimeoutError) as error:
        raise late(side, type(error).__name__) from error
    except (ConnectTimeoutError, HTTPClientError) as error:
        raise unreachable(side, str(error)) from error
    except BotoCoreError as error:
        raise unreachable(side, f"{type(error).__name__} {error}") from error


def _status(error: ClientError) -> int:
    said = error.response.get("Error", {}).get("Code", "")
    # SageMaker's ModelError, 424, holds what the container said.
    inner = error.response.get("OriginalStatusCode")
    if isinstance(inner, int):
        return inner
    # Exceptions within a stream come without a status, their names in lower camel case.
    named = _STATUS.get(said[:1].upper() + said[1:])
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return named or (status if isinstance(status, int) and status >= 400 else 500)
