"""AWS clients for functions that work on queues. Nobody waits for an answer, so a call is tried four times."""

import functools
from typing import Any

import boto3
from botocore.config import Config

PATIENTLY = Config(connect_timeout=5, read_timeout=30, retries={"total_max_attempts": 4, "mode": "standard"})


@functools.cache
def client(service: str) -> Any:
    """The client of a service, created at its first use."""
    return boto3.client(service, config=PATIENTLY)  # type: ignore[call-overload]
