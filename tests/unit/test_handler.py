"""The function as CloudFormation sees it: crhelper's own code up to the socket, with a simulated engine."""

import importlib
import json
import logging
import sys
from functools import cache, partial
from types import ModuleType, SimpleNamespace
from typing import Any, cast

import boto3
import pytest

from mlcommons import MockTransport, Patience, ProvisioningError, Request, Response
from mlcommons.cause import cause_in
from reason import LONGEST, FailureReason

STACK = "arn:aws:cloudformation:us-east-1:000000000000:stack/kernel-stack/0a1b"
GROUP = "aaaaaaaaaaaaaaaaaaaa"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:provisioner"
URL = "https://cloudformation-custom-resource-response-useast1.s3.us-east-1.amazonaws.com/x"
ENGINE = {"endpoint": "https://d.example.com", "region": "us-east-1", "service": "es"}
COLLECTION = {"endpoint": "https://c.example.com", "region": "us-east-1", "service": "aoss"}
PROVISIONER = "arn:aws:iam::000000000000:role/provisioner"
MALLORY = "arn:aws:iam::000000000000:role/mallory"


class Domain:
    """Model groups of one domain; `broken` answers every read of a group with a 500.

    `lost` makes the group, but answers 500 and does not find it afterwards.
    """

    def __init__(self) -> None:
        self.groups: dict[str, dict[str, Any]] = {}
        self.broken = False
        self.lost = False
        self.transport = MockTransport(self)

    def __call__(self, request: Request) -> Response:
        if request.path.endswith("_search"):
            hits = [{"_id": key, "_source": value} for key, value in self.groups.items() if not self.lost]
            return Response(200, {"hits": {"hits": hits}})
        if request.path.endswith("_register"):
            self.groups[GROUP] = request.body
            if self.lost:
                return Response(500, {"error": {"reason": "lost"}, "status": 500})
            return Response(200, {"model_group_id": GROUP})
        if self.broken:
            return Response(500, {"error": {"reason": "broken"}, "status": 500})
        if GROUP not in self.groups:
            return Response(404, {"error": {"reason": "Failed to find model group"}, "status": 404})
        if request.method == "DELETE":
            del self.groups[GROUP]
        if request.method == "PUT":
            self.groups[GROUP] |= request.body
        return Response(200, dict(self.groups.get(GROUP, {})))


class Answers:
    """Replaces the connection to CloudFormation's response bucket."""

    sent: list[dict[str, Any]]

    def __init__(self, *_: Any, **__: Any) -> None:
        return

    def request(self, method: str, url: str, body: str, headers: dict[str, str]) -> None:
        assert method == "PUT"
        assert len(body) <= 4096
        Answers.sent.append(json.loads(body))

    def getresponse(self) -> SimpleNamespace:
        return SimpleNamespace(reason="OK")


# Each load of the function makes three clients in crhelper, which these tests do not need.
client = cache(boto3.client)


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("IAM_PROPAGATION_SECONDS", "0")
    monkeypatch.setenv("ENGINES", json.dumps([ENGINE, {**ENGINE, "role": "arn:admin"}, COLLECTION]))
    monkeypatch.setenv("ADMINISTRATORS", json.dumps([PROVISIONER]))
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setattr("crhelper.utils.HTTPSConnection", Answers)
    monkeypatch.setattr("crhelper.resource_helper.boto3.client", client)
    monkeypatch.delitem(sys.modules, "handler", raising=False)
    Answers.sent = []
    return importlib.import_module("handler")


@pytest.fixture
def domain(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Domain:
    domain = Domain()
    monkeypatch.setattr(module, "HttpTransport", lambda endpoint, auth: domain.transport)
    monkeypatch.setattr(module, "Patience", partial(Patience, sleep=lambda _: None))
    return domain


def call(module: ModuleType, request_type: str, physical_id: str | None = None, **changes: Any) -> dict[str, Any]:
    event: dict[str, Any] = {
        "RequestType": request_type,
        "ResponseURL": URL,
        "StackId": STACK,
        "RequestId": "r-1",
        "LogicalResourceId": "Group",
        "ResourceType": "Custom::MlModelGroup",
        "ResourceProperties": {
            "Target": json.dumps(ENGINE),
            "Spec": json.dumps({"name": "chat"}),
        },
    }
    if physical_id:
        event["PhysicalResourceId"] = physical_id
    context = SimpleNamespace(
        aws_request_id="a-1", invoked_function_arn=FUNCTION, get_remaining_time_in_millis=lambda: 60_000
    )
    module.handler(event | changes, context)
    return Answers.sent[-1]


def test_create_update_delete(module: ModuleType, domain: Domain) -> None:
    created = call(module, "Create")
    assert (created["Status"], created["PhysicalResourceId"]) == ("SUCCESS", GROUP)
    assert created["Data"] == {"Id": GROUP}
    assert domain.groups[GROUP]["description"] == "(osml:kernel-stack/Group)"
    writes = len(domain.transport.writes)
    assert call(module, "Update", GROUP)["Status"] == "SUCCESS"
    assert len(domain.transport.writes) == writes
    deleted = call(module, "Delete", GROUP)
    assert (deleted["Status"], deleted["PhysicalResourceId"]) == ("SUCCESS", GROUP)
    assert domain.groups == {}


def test_an_adopted_object_outlives_its_stack(module: ModuleType, domain: Domain) -> None:
    """This includes the rollback of a first deploy, which deletes what the deploy created."""
    domain.groups[GROUP] = {"name": "chat", "description": "Our chat models (osml:kernel-stack/Group)"}
    adopted = {"Target": json.dumps(ENGINE), "Spec": json.dumps({"name": "chat"}), "Adopted": "true"}
    created = call(module, "Create", ResourceProperties=adopted)
    assert (created["PhysicalResourceId"], domain.transport.writes) == (GROUP, [])
    assert call(module, "Delete", GROUP, ResourceProperties=adopted)["Status"] == "SUCCESS"
    assert domain.groups == {GROUP: {"name": "chat", "description": "Our chat models"}}


def test_a_create_that_fails_after_the_server_made_it_returns_the_servers_id(
    module: ModuleType, domain: Domain
) -> None:
    domain.broken = True
    failed = call(module, "Create")
    assert (failed["Status"], failed["PhysicalResourceId"]) == ("FAILED", GROUP)
    assert "500 broken" in failed["Reason"]
    domain.broken = False
    assert call(module, "Delete", failed["PhysicalResourceId"])["Status"] == "SUCCESS"
    assert domain.groups == {}


def test_a_create_that_never_began_is_deleted_with_success(module: ModuleType, domain: Domain) -> None:
    domain.groups[GROUP] = {"name": "chat", "description": "(osml:another-stack/Group)"}
    failed = call(module, "Create")
    assert failed["Status"] == "FAILED"
    assert "belongs to another-stack/Group" in failed["Reason"]
    assert failed["PhysicalResourceId"] == module.NOTHING_MADE
    requests_before = len(domain.transport.requests)
    assert call(module, "Delete", failed["PhysicalResourceId"])["Status"] == "SUCCESS"
    assert len(domain.transport.requests) == requests_before
    assert domain.groups


def test_a_create_whose_write_was_lost_is_looked_for_by_its_delete(module: ModuleType, domain: Domain) -> None:
    domain.lost = True
    failed = call(module, "Create")
    assert failed["Status"] == "FAILED"
    assert failed["PhysicalResourceId"].startswith("kernel-stack_Group_")
    assert domain.groups
    domain.lost = False
    assert call(module, "Delete", failed["PhysicalResourceId"])["Status"] == "SUCCESS"
    assert domain.groups == {}


def test_a_failed_update_keeps_its_id(module: ModuleType, domain: Domain) -> None:
    call(module, "Create")
    domain.broken = True
    failed = call(module, "Update", GROUP)
    assert (failed["Status"], failed["PhysicalResourceId"]) == ("FAILED", GROUP)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ResourceType": "Custom::MlThing"}, "'Custom::MlThing'"),
        ({"ResourceProperties": {}}, "use stack.to_json_string"),
        ({"ResourceProperties": {"Spec": "{", "Target": "{}"}}, "use stack.to_json_string"),
    ],
)
def test_a_wrong_event_fails_in_a_sentence(
    module: ModuleType, domain: Domain, changes: dict[str, Any], sentence: str
) -> None:
    failed = call(module, "Create", **changes)
    assert failed["Status"] == "FAILED"
    assert sentence in failed["Reason"]


@pytest.mark.parametrize(
    ("more", "whom"),
    [
        ({"data_policy": "osml-dev-data", "principal": "arn:p"}, "Name arn:p in the data access policy osml-dev-data."),
        ({}, "Name the signing role in the data access policy of the collection."),
    ],
)
def test_a_collection_that_refuses_names_its_policy(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, more: dict[str, str], whom: str
) -> None:
    forbidden = Response(403, {"status": 403, "error": {"reason": "403 Forbidden", "type": "Forbidden"}})
    transport = MockTransport(lambda _: forbidden)
    monkeypatch.setattr(module, "HttpTransport", lambda endpoint, auth: transport)
    monkeypatch.setenv("DATA_POLICY_SECONDS", "0")
    target = {**COLLECTION, **more}
    spec = {"name": "passages", "body": {}}
    properties = {"Target": json.dumps(target), "Spec": json.dumps(spec)}
    failed = call(module, "Create", ResourceType="Custom::MlIndex", ResourceProperties=properties)
    assert failed["Status"] == "FAILED"
    assert failed["Reason"].endswith(f"403 Forbidden. {whom} [cause: request-refused]")


@pytest.mark.parametrize(
    ("physical_id", "known"),
    [
        ("kernel-stack_Group_1A2B3C4D", None),
        ("kernel-stack_Group_1a2b3c4d", "kernel-stack_Group_1a2b3c4d"),
        ("other-stack_Group_1A2B3C4D", "other-stack_Group_1A2B3C4D"),
        (GROUP, GROUP),
    ],
)
def test_an_id_generated_by_crhelper_is_not_a_server_id(
    module: ModuleType, physical_id: str, known: str | None
) -> None:
    event = {"StackId": STACK, "LogicalResourceId": "Group", "PhysicalResourceId": physical_id}
    assert module.server_id(event) == known


@pytest.mark.parametrize("hint", ["", "Do this."])
def test_a_reason_fits_and_ends_with_its_cause(hint: str) -> None:
    for length in range(0, 400, 7):
        reason = str(FailureReason(ProvisioningError("Trying a thing", "x" * length, hint, "not-ours")))
        assert len(reason) <= LONGEST
        assert reason.startswith("Trying a thing")
        assert reason.endswith(f"{hint} [cause: not-ours]")
        assert cause_in(reason) == "not-ours"


def test_an_import_that_fails_is_answered(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "requests_aws4auth", None)
    for name in ("handler", "aws.sign_in"):
        monkeypatch.delitem(sys.modules, name)
    broken = importlib.import_module("handler")
    failed = call(broken, "Create")
    assert failed["Status"] == "FAILED"
    assert "requests_aws4auth" in failed["Reason"]


def test_no_secret_is_logged(module: ModuleType, domain: Domain, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    spec = {"name": "chat", "description": "d", "credential": {"secret_key": "hush-hush"}}
    properties = {"Target": "{}", "Spec": json.dumps(spec)}
    failed = call(module, "Create", ResourceProperties=properties)
    assert failed["Status"] == "FAILED"
    assert "hush-hush" not in json.dumps(Answers.sent)
    assert "hush-hush" not in caplog.text


def test_the_log_says_what_was_done(module: ModuleType, domain: Domain, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    call(module, "Create")
    said = [record.msg for record in caplog.records if record.name == "provisioner"]
    assert {**cast("dict[str, Any]", said[0]), "milliseconds": 0} == {
        "request": "r-1",
        "type": "Create",
        "kind": "Custom::MlModelGroup",
        "owner": "kernel-stack/Group",
        "physical_id": GROUP,
        "changed": True,
        "note": "ModelGroup created",
        "milliseconds": 0,
        "attempt": 1,
    }
