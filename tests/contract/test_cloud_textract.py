"""Amazon Textract in the local cloud: it reads a scanned PDF with the API's own shapes, and refuses wrong calls."""

import base64
import functools
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from aws.textract import recognized
from corpus.document import Document
from corpus.formats import Reading
from corpus.recognition import Recognize, Unrecognized
from sandbox.models.server import ModelServer
from sandbox.models.textract import MOST_BYTES, TextractApi
from tests.contract.cloud_process import Cloud, running
from tests.unit.reading import entries
from tests.unit.scanned_files import page, saved

LEAVE = "Annual leave has thirty working days a year.\nRequests are made with form HR-17."
TRAVEL = "Trains are booked by the office,\nflights by nobody."
ACTION = {"Action": "textract:DetectDocumentText", "Resource": "*"}


@pytest.fixture(scope="module")
def models(recognition: Recognize) -> Iterator[ModelServer]:
    with ModelServer(0, {"textract": TextractApi()}) as server, server.running():
        yield server


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory, models: ModelServer) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("cloud"), models_url=f"http://127.0.0.1:{models.port}") as process:
        yield process


@pytest.fixture(scope="module")
def reader(cloud: Cloud) -> dict[str, str]:
    """The keys of a role that may call Textract and nothing else."""
    return cloud.caller("reader", ACTION)


def by(client: Any) -> Reading:
    return Reading("text", recognize=functools.partial(recognized, left=lambda: 600.0, client=client))


def test_scanned_pages_of_a_pdf_are_read_and_keep_their_numbers(cloud: Cloud, reader: dict[str, str]) -> None:
    scan = saved([page(LEAVE), page(TRAVEL)], "PDF")
    (recognised,) = entries(scan, "scan.pdf", reading=by(cloud.client("textract", **reader)))
    assert isinstance(recognised, Document)
    assert recognised.source["text"] == f"{LEAVE}\n\n{TRAVEL}"
    assert [where["page"] for _, where in recognised.places] == [1, 2]


def test_an_answer_has_the_blocks_of_textract(cloud: Cloud, reader: dict[str, str]) -> None:
    """boto3 drops members that Textract's own model does not have."""
    picture = saved([page("Annual leave")], "PNG")
    answer = cloud.client("textract", **reader).detect_document_text(Document={"Bytes": picture})
    whole, line, *words = answer["Blocks"]
    assert answer["DocumentMetadata"] == {"Pages": 1}
    assert [block["BlockType"] for block in answer["Blocks"]] == ["PAGE", "LINE", "WORD", "WORD"]
    assert whole["Relationships"] == [{"Type": "CHILD", "Ids": [line["Id"]]}]
    assert line["Relationships"][0]["Ids"] == [word["Id"] for word in words]
    assert (line["Text"], [word["Text"] for word in words]) == ("Annual leave", ["Annual", "leave"])
    assert line["Confidence"] > 90
    assert 0 < line["Geometry"]["BoundingBox"]["Left"] < 0.2


def test_a_caller_without_the_permission_is_refused_and_nothing_is_recognised(cloud: Cloud) -> None:
    other = cloud.caller("other", {"Action": "s3:GetObject", "Resource": "*"})
    with pytest.raises(Unrecognized, match="AccessDeniedException"):
        entries(saved([page(LEAVE)], "PDF"), "scan.pdf", reading=by(cloud.client("textract", **other)))
    with pytest.raises(ClientError, match=r"not authorized to perform: textract:DetectDocumentText on resource: \*"):
        cloud.client("textract", **other).detect_document_text(Document={"Bytes": b"x"})


def test_a_forged_signature_is_refused(cloud: Cloud, reader: dict[str, str]) -> None:
    forged = cloud.client("textract", **{**reader, "aws_secret_access_key": "guessed"})
    with pytest.raises(ClientError, match=r"InvalidSignatureException|SignatureDoesNotMatch"):
        forged.detect_document_text(Document={"Bytes": b"x"})


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"Bytes": b"plain words"}, "UnsupportedDocumentException"),
        ({"Bytes": b"GIF89a" + bytes(100)}, "UnsupportedDocumentException"),
        ({"Bytes": b"\x89PNG\r\n\x1a\n" + bytes(MOST_BYTES)}, "DocumentTooLargeException"),
        ({"S3Object": {"Bucket": "ours", "Name": "scan.png"}}, "InvalidS3ObjectException"),
        ({}, "InvalidParameterException"),
    ],
)
def test_a_document_that_textract_does_not_take_is_refused(
    cloud: Cloud, reader: dict[str, str], document: dict[str, Any], code: str
) -> None:
    with pytest.raises(ClientError, match=code):
        cloud.client("textract", **reader).detect_document_text(Document=document)


def test_a_broken_page_is_named_and_the_others_are_read(cloud: Cloud, reader: dict[str, str]) -> None:
    client = cloud.client("textract", **reader)
    good = saved([page(LEAVE)], "PNG")
    recognised = recognized([good[:2000], good], lambda: 600.0, client)
    assert [picture.reason for picture in recognised] == [
        "cannot be read by Amazon Textract (BadDocumentException)",
        "",
    ]
    assert recognised[1].lines == LEAVE.splitlines()


def test_throttled_calls_come_again_later(cloud: Cloud, reader: dict[str, str], models: ModelServer) -> None:
    models.control.set("textract", {"throttle": 1.0})
    try:
        with pytest.raises(Unrecognized, match="ProvisionedThroughputExceededException"):
            entries(saved([page(LEAVE)], "PNG"), "leave.png", reading=by(cloud.client("textract", **reader)))
    finally:
        models.control.reset("textract")


def test_the_older_protocol_gets_the_same_answer(cloud: Cloud, reader: dict[str, str]) -> None:
    """SDKs before 1.44 send JSON, later ones CBOR."""

    def sent(body: bytes, target: str = "Textract.DetectDocumentText") -> requests.Response:
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
        request = AWSRequest("POST", f"{cloud.gateway}/", data=body, headers=headers)
        keys = (reader[f"aws_{name}"] for name in ("access_key_id", "secret_access_key", "session_token"))
        SigV4Auth(Credentials(*keys), "textract", "us-east-1").add_auth(request)
        return requests.post(
            f"{cloud.gateway}/", data=body, headers=dict(request.headers), verify=cloud.bundle, timeout=60
        )

    picture = base64.b64encode(saved([page("Annual leave")], "PNG")).decode()
    answer = sent(json.dumps({"Document": {"Bytes": picture}}).encode())
    assert answer.status_code == 200
    assert [block["Text"] for block in answer.json()["Blocks"] if block["BlockType"] == "LINE"] == ["Annual leave"]
    assert sent(b"{").json()["__type"] == "SerializationException"
    assert sent(b"{}", "Textract.AnalyzeDocument").json()["__type"] == "UnknownOperationException"
