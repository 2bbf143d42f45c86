"""Quota and model access: AWS's answers about models and endpoints, and the doctor's findings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.stub import Stubber

from osml.doctor.checks.access import models
from osml.doctor.checks.context import Context
from osml.doctor.checks.verdict import Complaint, Skipped
from osml.place import Place

SEARCH = {
    "kind": "domain",
    "vector_engine": "faiss",
    "data_nodes": {"instance_type": "r7g.medium.search", "count": 1},
    "volume": {"size": 10},
    "removal": "destroy",
}
TITAN = {"provider": "titan", "dimension": 512}
OWN = {"provider": "sagemaker", "endpoint": "create"}
FOUND = {"provider": "sagemaker", "endpoint": "minilm", "dimension": 384}
AVAILABLE = {
    "modelId": "m",
    "agreementAvailability": {"status": "AVAILABLE"},
    "authorizationStatus": "AUTHORIZED",
    "entitlementAvailability": "AVAILABLE",
    "regionAvailability": "AVAILABLE",
}
QUOTA = "ml.c6i.xlarge for endpoint usage"


class Session:
    """A session whose clients give prepared answers."""

    region_name = "us-east-1"

    def __init__(self, **clients: Any) -> None:
        self._clients = clients

    def client(self, name: str, **_: Any) -> Any:
        return self._clients[name.replace("-", "_")]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(tmp_path))
    return tmp_path


def context(folder: Path, session: Session, **changes: Any) -> Context:
    body = {"recipe": "semantic-search", "region": "us-east-1", "search": SEARCH, "embedding": TITAN, **changes}
    (folder / "dev.yaml").write_text(yaml.safe_dump(body))
    doctor_context = Context(Place("dev", None))
    doctor_context.__dict__["session"] = session
    return doctor_context


def complaint_of(case: Context) -> Complaint:
    with pytest.raises(Complaint) as raised:
        models(case)
    return raised.value


@contextmanager
def stubbed(service: str) -> Iterator[tuple[Any, Stubber]]:
    make: Any = boto3.client
    client = make(service, "us-east-1", aws_access_key_id="k", aws_secret_access_key="k")
    with Stubber(client) as stub:
        yield client, stub


def test_a_model_that_may_be_used_is_named(settings: Path) -> None:
    with stubbed("bedrock") as (client, stub):
        stub.add_response("get_foundation_model_availability", AVAILABLE)
        assert "amazon.titan-embed-text-v2:0 in us-east-1" in models(context(settings, Session(bedrock=client)))


def test_a_model_without_access_is_a_complaint(settings: Path) -> None:
    with stubbed("bedrock") as (client, stub):
        stub.add_response("get_foundation_model_availability", AVAILABLE | {"authorizationStatus": "NOT_AUTHORIZED"})
        raised = complaint_of(context(settings, Session(bedrock=client)))
    assert raised.name == "model-access-denied"
    assert "authorizationStatus is NOT_AUTHORIZED" in raised.cause


@pytest.mark.parametrize(
    "missing", [{"agreementAvailability": {"status": "NOT_AVAILABLE"}}, {"entitlementAvailability": "NOT_AVAILABLE"}]
)
def test_a_model_that_nobody_has_called_yet_has_its_own_cause(settings: Path, missing: dict[str, Any]) -> None:
    with stubbed("bedrock") as (client, stub):
        stub.add_response("get_foundation_model_availability", AVAILABLE | missing)
        raised = complaint_of(context(settings, Session(bedrock=client)))
    assert raised.name == "model-not-subscribed"
    assert "administrator to call the model once" in raised.fix
    assert "Nobody in this account has called" in raised.cause


def test_an_inference_profile_that_the_region_lacks_is_a_complaint(settings: Path) -> None:
    with stubbed("bedrock") as (client, stub):
        stub.add_response("get_foundation_model_availability", AVAILABLE)
        stub.add_client_error("get_inference_profile", "ResourceNotFoundException")
        raised = complaint_of(context(settings, Session(bedrock=client), recipe="deepseek-bedrock", answer={}))
    assert raised.name == "model-access-denied"
    assert "us.deepseek.r1-v1:0" in raised.cause


def test_what_the_caller_may_not_look_at_could_not_be_checked(settings: Path) -> None:
    with stubbed("bedrock") as (client, stub):
        stub.add_client_error("get_foundation_model_availability", "AccessDeniedException")
        case = context(settings, Session(bedrock=client))
        with pytest.raises(Skipped, match=r"not checked.*AccessDenied"):
            models(case)


def test_an_endpoint_that_failed_says_why(settings: Path) -> None:
    described = {
        "EndpointName": "minilm",
        "EndpointArn": "arn:aws:sagemaker:us-east-1:111122223333:endpoint/minilm",
        "EndpointStatus": "Failed",
        "FailureReason": "The container did not pass the ping health check.",
        "CreationTime": 0,
        "LastModifiedTime": 0,
    }
    with stubbed("sagemaker") as (client, stub):
        stub.add_response("describe_endpoint", described)
        raised = complaint_of(context(settings, Session(sagemaker=client), embedding=FOUND))
    assert raised.name == "endpoint-not-in-service"
    assert "ping health check" in raised.cause


def test_an_endpoint_of_another_name_is_a_complaint(settings: Path) -> None:
    with stubbed("sagemaker") as (client, stub):
        stub.add_client_error("describe_endpoint", "ValidationException", "Could not find endpoint minilm.")
        raised = complaint_of(context(settings, Session(sagemaker=client), embedding=FOUND))
    assert raised.name == "endpoint-not-in-service"


@pytest.mark.parametrize(("allowed", "name"), [(0.0, "quota-exceeded"), (2.0, None)])
def test_an_endpoint_that_is_yet_to_be_made_needs_a_quota(allowed: float, name: str | None, settings: Path) -> None:
    with stubbed("sagemaker") as (endpoints, endpoints_stub), stubbed("service-quotas") as (quotas, listed):
        endpoints_stub.add_client_error("describe_endpoint", "ValidationException", "Could not find endpoint x.")
        listed.add_response("list_service_quotas", {"Quotas": [{"QuotaName": QUOTA, "Value": allowed}]})
        case = context(
            settings, Session(sagemaker=endpoints, service_quotas=quotas), embedding={**OWN, "dimension": 384}
        )
        if name is None:
            assert models(case) == "quota for ml.c6i.xlarge is 2"
            return
        raised = complaint_of(case)
    assert raised.name == name
    assert QUOTA in raised.cause
