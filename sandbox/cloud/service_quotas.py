"""Service Quotas: the quotas that a deploy reads, with Amazon's defaults. MiniStack 1.5.33 lacks the service.

Here no account has changed a quota, so GetServiceQuota returns the default, as on Amazon.
https://docs.aws.amazon.com/general/latest/gr/opensearch-service.html, sagemaker.html and lambda-service.html
"""

import json
from collections.abc import Iterator
from typing import Any

from ministack import app
from ministack.core import iam_actions, router
from ministack.core.responses import get_account_id, get_region

from sandbox.cloud import api_shapes

SERVICE, TARGET = "servicequotas", "ServiceQuotasV20190624."
NAMES = {"es": "Amazon OpenSearch Service", "lambda": "AWS Lambda", "sagemaker": "Amazon SageMaker"}
# By service and code: the name and the value.
QUOTAS: dict[str, dict[str, tuple[str, float]]] = {
    "es": {
        "L-076D529E": ("Domains per Region", 100),
        "L-6408ABDE": ("Instances per domain", 80),
    },
    "lambda": {"L-B99A9384": ("Concurrent executions", 1000)},
    "sagemaker": {},
}
# The default number of SageMaker endpoint instances in an account, by type.
ENDPOINTS = {
    "ml.c6i.large": 4,
    "ml.c6i.xlarge": 4,
    "ml.c6i.2xlarge": 2,
    "ml.m5.large": 4,
    "ml.m5.xlarge": 4,
    "ml.g5.xlarge": 1,
    "ml.g5.2xlarge": 1,
    "ml.g6.2xlarge": 0,
    "ml.g6.12xlarge": 0,
    "ml.g6.48xlarge": 0,
}
MOST = 100


class QuotaRefused(Exception):
    """The service refuses the call: the error has the service's code and message."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def install() -> None:
    """Adds the service; once per process."""
    for number, (machine, most) in enumerate(ENDPOINTS.items()):
        QUOTAS["sagemaker"][f"L-{number:08X}"] = (f"{machine} for endpoint usage", most)
    router.SERVICE_PATTERNS[SERVICE] = {"target_prefixes": [TARGET.rstrip(".")], "credential_scope": SERVICE}
    iam_actions.SERVICE_TO_IAM_NAMESPACE[SERVICE] = SERVICE
    app.SERVICE_HANDLERS[SERVICE] = _handle


async def _handle(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:  # noqa: ARG001
    operation = str(headers.get("x-amz-target", "")).removeprefix(TARGET)
    told_as = {"Content-Type": "application/x-amz-json-1.1"}
    try:
        answer = _answer(operation, json.loads(body or b"{}"))
    except QuotaRefused as refusal:
        said = {"__type": refusal.code, "Message": str(refusal)}
        return 501 if refusal.code == "NotImplementedException" else 400, told_as, json.dumps(said).encode()
    shape = api_shapes.operation(operation, "service-quotas").output_shape
    return 200, told_as, json.dumps(api_shapes.fitted(shape, answer)).encode()


def _answer(operation: str, given: dict[str, Any]) -> dict[str, Any]:
    service = str(given.get("ServiceCode"))
    if operation in ("ListServiceQuotas", "ListAWSDefaultServiceQuotas"):
        rows = list(_rows(service))
        first, count = int(given.get("NextToken") or 0), int(given.get("MaxResults") or MOST)
        page: dict[str, Any] = {"Quotas": rows[first : first + count]}
        return {**page, "NextToken": str(first + count)} if len(rows) > first + count else page
    if operation in ("GetServiceQuota", "GetAWSDefaultServiceQuota"):
        quota = next((row for row in _rows(service) if row["QuotaCode"] == given.get("QuotaCode")), None)
        if quota is None:
            raise QuotaRefused(
                "NoSuchResourceException", "The request failed because the specified quota does not exist."
            )
        return {"Quota": quota}
    raise QuotaRefused("NotImplementedException", f"{operation} of Service Quotas is not served on this machine.")


def _rows(service: str) -> Iterator[dict[str, Any]]:
    if service not in QUOTAS:
        sentence = f"The request failed because the specified service {service} does not exist."
        raise QuotaRefused("NoSuchResourceException", sentence)
    for code, (name, value) in QUOTAS[service].items():
        yield {
            "ServiceCode": service,
            "ServiceName": NAMES[service],
            "QuotaArn": f"arn:aws:servicequotas:{get_region()}:{get_account_id()}:{service}/{code}",
            "QuotaCode": code,
            "QuotaName": name,
            "Value": value,
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
        }
