"""Objects of S3 through a REST API of the cloud process: what API Gateway refuses, leaves out, and answers itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.contract.cloud_process import Cloud, role, running
from tests.contract.cloud_process import Stack as Deployed
from tests.contract.rest_api import api_url, join, made, ref, resource, rest_api

APPLIED = {"method.request.header.If-None-Match": False}
CONDITION = {"integration.request.header.If-None-Match": "method.request.header.If-None-Match"}
OWN = "method.response.header."
GIVEN = "integration.response.header."
PROBLEM = {"application/json": '{"message": "Nothing.", "request_id": "$context.requestId"}'}
CONTENT = b"\x1f\x8b" + bytes(range(256))


def answer(status: int, pattern: str | None = None, headers: dict[str, str] | None = None, **more: Any) -> Any:
    mapped = {OWN + name: value for name, value in (headers or {}).items()}
    return {
        "StatusCode": str(status),
        "ResponseParameters": mapped,
        **({"SelectionPattern": pattern} if pattern else {}),
        **more,
    }


WHOLE = answer(200, "200", {"Content-Type": f"{GIVEN}Content-Type", "X-Policy": f"{GIVEN}x-amz-meta-policy"})
KNOWN = answer(304, "304", {"ETag": f"{GIVEN}ETag"})
ABSENT = answer(404, "403|404", ResponseTemplates=PROBLEM, ContentHandling="CONVERT_TO_TEXT")


def reading(path: str, key: str = "page", *, reader: str = "Reader", **changes: Any) -> dict[str, Any]:
    """A method that reads the object `key`; `changes` replace settings of its integration."""
    answers = changes.pop("IntegrationResponses", [WHOLE, KNOWN, ABSENT])
    applied = changes.pop("Applied", APPLIED)
    integration = {
        "Type": "AWS",
        "IntegrationHttpMethod": "GET",
        "Uri": join("arn:aws:apigateway:", ref("AWS::Region"), ":s3:path/", ref("Bucket"), f"/{key}"),
        "Credentials": {"Fn::GetAtt": [reader, "Arn"]},
        "RequestParameters": CONDITION,
        "IntegrationResponses": answers,
        **changes,
    }
    return {
        f"GET{path}": made(
            "AWS::ApiGateway::Method",
            RestApiId=ref("Api"),
            ResourceId=ref(f"Path{path}"),
            HttpMethod="GET",
            AuthorizationType="NONE",
            RequestParameters=applied,
            Integration=integration,
            MethodResponses=[
                {
                    "StatusCode": each["StatusCode"],
                    "ResponseParameters": dict.fromkeys(each["ResponseParameters"], True),
                }
                for each in answers
            ],
        )
    }


def objects(*keys: str) -> dict[str, Any]:
    """The permission to read objects of the bucket."""
    arns = [join("arn:aws:s3:::", ref("Bucket"), f"/{key}") for key in keys]
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": arns}


def parts() -> dict[str, Any]:
    listing = {
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": join("arn:aws:s3:::", ref("Bucket")),
    }
    paths = ("whole", "other", "gone", "listed", "stranger", "plain", "binary", "strict", "unapplied", "named", "deep")
    resources: dict[str, Any] = {}
    for path in paths:
        resources |= resource(path)
    resources["Pathnamed"]["Properties"]["PathPart"] = "{file}"
    resources["Pathnamed"]["Properties"]["ParentId"] = ref("Pathdeep")
    of_path = {"integration.request.path.name": "method.request.path.file"}
    api = rest_api(
        {
            **resources,
            **reading("whole"),
            **reading("other", "secret"),
            **reading("gone", "gone"),
            **reading("listed", "gone", reader="Lister", IntegrationResponses=[answer(410, "404"), answer(418, "403")]),
            **reading("stranger", reader="Stranger"),
            **reading("plain", IntegrationResponses=[answer(201)]),
            **reading("binary", "gone", IntegrationResponses=[answer(404, "40[34]", ResponseTemplates=PROBLEM)]),
            **reading("strict", "gone", IntegrationResponses=[WHOLE]),
            **reading("unapplied", RequestParameters={}),
            **reading("named", "{name}", RequestParameters=of_path, Applied={"method.request.path.file": True}),
        }
    )
    api["Api"]["Properties"]["BinaryMediaTypes"] = ["*/*"]
    return {
        "Bucket": made("AWS::S3::Bucket"),
        "Reader": role("apigateway.amazonaws.com", objects("page", "gone")),
        "Lister": role("apigateway.amazonaws.com", objects("page", "gone"), listing),
        # A role that API Gateway may not assume.
        "Stranger": role("lambda.amazonaws.com", objects("page")),
        **api,
    }


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("cloud")) as process:
        yield process


@pytest.fixture(scope="module")
def deployed(cloud: Cloud) -> Iterator[tuple[Deployed, dict[str, str]]]:
    stack = cloud.deploy(parts(), {"Url": api_url(), "Bucket": ref("Bucket")})
    settled = stack.settled()
    assert settled["StackStatus"] == "CREATE_COMPLETE", stack.reasons()
    s3, bucket = cloud.client("s3"), settled["values"]["Bucket"]
    s3.put_object(Bucket=bucket, Key="page", Body=CONTENT, ContentType="image/x-own", Metadata={"policy": "p 'q'"})
    s3.put_object(Bucket=bucket, Key="secret", Body=b"not for the reader")
    yield stack, settled["values"]
    for key in ("page", "secret"):
        s3.delete_object(Bucket=bucket, Key=key)
    stack.delete()


def get(cloud: Cloud, deployed: tuple[Deployed, dict[str, str]], path: str, **headers: str) -> requests.Response:
    return requests.get(f"{deployed[1]['Url']}/{path}", headers=headers, verify=cloud.bundle, timeout=60)


Place = tuple[Deployed, dict[str, str]]


@pytest.mark.parametrize("path", ["whole", "deep/page"])
def test_an_object_has_its_bytes_and_the_headers_that_are_mapped(cloud: Cloud, deployed: Place, path: str) -> None:
    answer = get(cloud, deployed, path)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert (answer.headers["Content-Type"], answer.headers["X-Policy"]) == ("image/x-own", "p 'q'")
    assert not {"ETag", "Last-Modified", "x-amz-meta-policy"} & set(answer.headers)


def test_s3_sees_those_headers_of_the_request_that_are_mapped(cloud: Cloud, deployed: Place) -> None:
    tag = cloud.client("s3").head_object(Bucket=deployed[1]["Bucket"], Key="page")["ETag"]
    known = get(cloud, deployed, "whole", **{"If-None-Match": tag})
    assert (known.status_code, known.content, known.headers["ETag"]) == (304, b"", tag)
    assert get(cloud, deployed, "unapplied", **{"If-None-Match": tag}).status_code == 200
    assert get(cloud, deployed, "whole", Range="bytes=0-1").content == CONTENT


def test_a_role_reads_what_its_policy_names_and_learns_of_nothing_else(cloud: Cloud, deployed: Place) -> None:
    bucket = deployed[1]["Bucket"]
    for path in ("other", "gone", "deep/secret", "deep/nothing"):
        refused = get(cloud, deployed, path)
        assert (refused.status_code, refused.json()["message"]) == (404, "Nothing.")
        assert refused.json()["request_id"]
        assert bucket not in refused.text
    # Only a caller who may list the bucket learns that the object does not exist.
    assert get(cloud, deployed, "listed").status_code == 410


@pytest.mark.parametrize("path", ["stranger", "strict", "binary"])
def test_what_is_set_up_wrongly_is_an_error_of_the_server(cloud: Cloud, deployed: Place, path: str) -> None:
    """A role that API Gateway may not assume, a status without a response, a template for a binary body."""
    answer = get(cloud, deployed, path)
    assert (answer.status_code, answer.json()) == (500, {"message": "Internal server error"})


def test_a_response_without_pattern_matches_every_status_and_defaults_to_json(cloud: Cloud, deployed: Place) -> None:
    answer = get(cloud, deployed, "plain")
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (201, CONTENT, "application/json")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Applied": {}}, "specified: method.request.header.If-None-Match]"),
        ({"RequestParameters": {"header.A": "'a'"}}, "Invalid mapping expression"),
        ({"IntegrationResponses": [answer(200, headers={"A": "'it's'"})]}, "specified: 'it's']"),
        ({"IntegrationResponses": [answer(200, headers={"A": "unquoted"})]}, "specified: unquoted]"),
        ({"Undeclared": "status"}, "Invalid Response status code specified"),
        ({"Undeclared": "header"}, "specified: method.response.header.A]"),
    ],
)
def test_a_mapping_that_names_what_is_not_there_is_not_deployed(
    cloud: Cloud, changes: dict[str, Any], reason: str
) -> None:
    undeclared = changes.get("Undeclared")
    wanted = {name: value for name, value in changes.items() if name != "Undeclared"}
    if undeclared:
        wanted["IntegrationResponses"] = [answer(200, headers={"A": "'a'"})]
    method = reading("whole", **wanted)
    if undeclared == "status":
        method["GETwhole"]["Properties"]["MethodResponses"] = [{"StatusCode": "404"}]
    if undeclared == "header":
        method["GETwhole"]["Properties"]["MethodResponses"] = [{"StatusCode": "200"}]
    stack = cloud.deploy(
        {
            "Bucket": made("AWS::S3::Bucket"),
            "Reader": role("apigateway.amazonaws.com"),
            **rest_api({**resource("whole"), **method}),
        }
    )
    assert stack.settled()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert reason in stack.reasons()
    stack.delete()
