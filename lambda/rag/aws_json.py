"""Requests to an AWS service that speaks JSON, signed with the function's own keys.

As much of boto3's clients as is needed: boto3 takes longer to import than a question takes to answer.
"""

import os
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from rag.aws_statuses import STATUS
from rag.budget import Budget
from rag.failures import Broken
from rag.other_side import failure_of
from rag.signature import signature
from rag.wire import Wire
from settings.regions import PARTITIONS, partition_of

_CONNECT_SECONDS = 5


class AwsJson:
    """The `service` in `region`, by default the function's; `side` is its name in messages.

    `target` and `version` are those of its protocol: `X-Amz-Target: <target>.<operation>`, and JSON 1.0 or 1.1.
    """

    def __init__(self, side: str, service: str, target: str, version: str, region: str | None = None) -> None:
        self._side, self._service, self._target, self._version = side, service, target, version
        self._region = region or os.environ.get("AWS_REGION", "")

    def call(self, operation: str, body: Mapping[str, Any], budget: Budget, most: float) -> Any:
        """One try of `most` seconds; raises a `Failure`."""
        kind = f"application/x-amz-json-{self._version}"
        headers = {"Content-Type": kind, "X-Amz-Target": f"{self._target}.{operation}"}
        try:
            return self._wire.send("POST", self._url, budget, most, json=body, headers=headers).json()
        except Broken as broken:
            named = next((name for name in STATUS if name in broken.said), None)
            raise failure_of(self._side, STATUS[named], broken.said) if named else broken from None

    @cached_property
    def _wire(self) -> Wire:
        return Wire(self._side, _CONNECT_SECONDS, auth=signature(self._region, self._service))

    @property
    def _url(self) -> str:
        """Where the service is: as AWS's own clients are told, or its address in the region."""
        variable = self._service.upper().replace("SECRETSMANAGER", "SECRETS_MANAGER")
        partition = partition_of(self._region) or PARTITIONS[0]
        own = f"https://{self._service}.{self._region}.{partition.suffix}"
        told = (f"AWS_ENDPOINT_URL_{variable}", "AWS_ENDPOINT_URL")
        return next(filter(None, map(os.environ.get, told)), own)
