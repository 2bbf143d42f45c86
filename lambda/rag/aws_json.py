"""Requests to AWS services with JSON bodies, signed with the function's own credentials.

This replaces the small part of boto3 that is needed: boto3 takes longer to import than a question takes to answer.
"""

import os
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from rag.aws_statuses import STATUS
from rag.budget import Budget
from rag.failures import Broken
from rag.service_failure import failure_of, unusable
from rag.signature import signature
from rag.wire import Wire
from settings.regions import PARTITIONS, partition_of

# The status of the container behind a SageMaker endpoint, in the body of a 424.
_INNER = re.compile(r'"OriginalStatusCode"\s*:\s*(\d{3})')


class AwsService:
    """The service at `host` in `region`, by default the function's; `side` is its name in messages.

    `name` is its name in signatures; by default it is `host`. `variable` is its name in `AWS_ENDPOINT_URL_<variable>`,
    the variable that gives AWS's own clients another address; by default it is `host` in upper case. A stopped model
    starts within `start_seconds`.
    """

    def __init__(
        self,
        side: str,
        host: str,
        region: str | None = None,
        *,
        name: str | None = None,
        variable: str | None = None,
        connect_seconds: float = 5,
        start_seconds: float | None = None,
    ) -> None:
        self._side, self._host, self._connect_seconds = side, host, connect_seconds
        self._start_seconds = start_seconds
        self._name, self._variable = name or host, variable or host.upper()
        self._region = region or os.environ.get("AWS_REGION", "")

    def post(self, path: str, body: Any, budget: Budget, most: float, headers: Mapping[str, str]) -> Any:
        """The JSON answer to one request of at most `most` seconds, without retries; raises a `RagFailure`."""
        try:
            response = self._wire.send("POST", self._url + path, budget, most, body=body, headers=headers)
        except Broken as broken:
            raise self._named(broken) from None
        try:
            return response.json()
        except ValueError:
            raise unusable(self._side, "the answer is not JSON") from None

    def _named(self, broken: Broken) -> Exception:
        """The failure for the container's status or the error name in the answer; its own status is less exact."""
        inner = _INNER.search(broken.said)
        named = next((name for name in STATUS if name in broken.said), None)
        if inner:
            return failure_of(self._side, int(inner[1]), broken.said)
        return failure_of(self._side, STATUS[named], broken.said) if named else broken

    @cached_property
    def _wire(self) -> Wire:
        # AWS's own clients also prefer AWS_CA_BUNDLE to REQUESTS_CA_BUNDLE.
        auth = signature(self._region, self._name)
        return Wire(self._side, self._connect_seconds, auth, "AWS_CA_BUNDLE", self._start_seconds)

    @property
    def _url(self) -> str:
        partition = partition_of(self._region) or PARTITIONS[0]
        own = f"https://{self._host}.{self._region}.{partition.suffix}"
        variables = (f"AWS_ENDPOINT_URL_{self._variable}", "AWS_ENDPOINT_URL")
        return next(filter(None, map(os.environ.get, variables)), own).rstrip("/")


class AwsOperations(AwsService):
    """A service whose operations are named in a header: `X-Amz-Target: <target>.<operation>`."""

    target = ""
    version = "1.1"

    def call(self, operation: str, body: Mapping[str, Any], budget: Budget, most: float = 5) -> Any:
        """The JSON answer of an operation; arguments and errors are those of `post`."""
        headers = {
            "Content-Type": f"application/x-amz-json-{self.version}",
            "X-Amz-Target": f"{self.target}.{operation}",
        }
        return self.post("/", body, budget, most, headers)


class DynamoDb(AwsOperations):
    """DynamoDB; `side` is the name of its tables in messages."""

    target, version = "DynamoDB_20120810", "1.0"

    def __init__(self, side: str, connect_seconds: float = 5) -> None:
        super().__init__(side, "dynamodb", connect_seconds=connect_seconds)

    def changed(self, operation: str, body: Mapping[str, Any], budget: Budget) -> bool:
        """Change an item; returns False if the condition in `body` is not met. Raises a `RagFailure`."""
        try:
            self.call(operation, body, budget)
        except Broken as broken:
            if "ConditionalCheckFailedException" in broken.said:
                return False
            raise
        return True


class SignedSecretsManager(AwsOperations):
    """Secrets Manager, with the only method of boto3's client that is needed."""

    target = "secretsmanager"

    def __init__(self, side: str, region: str | None, budget: Budget) -> None:
        super().__init__(side, "secretsmanager", region, variable="SECRETS_MANAGER")
        self._budget = budget

    def get_secret_value(self, *, SecretId: str) -> Any:
        return self.call("GetSecretValue", {"SecretId": SecretId}, self._budget)
