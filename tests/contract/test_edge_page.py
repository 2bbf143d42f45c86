"""The page as the constructs make it, in a cloud process: from the bucket through API Gateway, without a function."""

from __future__ import annotations

import copy
import gzip
import json
import re
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests
from aws_cdk import App, Stack

import opensearch_ml as ml
from opensearch_ml.assistant.assistant_page import KEYS
from opensearch_ml.assistant.browser_headers import BROWSER_HEADERS, ERROR_HEADERS
from page_objects import page_objects
from session import HEADERS as OF_SESSION
from tests.contract.cloud_process import Cloud, running
from tests.contract.cloud_process import Stack as Deployed
from tests.waiting import until

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
CODE = "cdk-hnb659fds-assets-000000000000-us-east-1"
SETTINGS = {"environment": "dev", "sign_in": "api-key", "api": "", "client_id": "", "visible_seconds": 0}
CROWD = 60
PAGE, LIBRARY, LICENCE = KEYS


@pytest.fixture(scope="module")
def made(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The template of the page and its routes; the code of its functions is in the cloud process."""
    folder = tmp_path_factory.mktemp("app")
    app = App(outdir=str(folder))
    stack = Stack(app, "Page")
    api = ml.AssistantApi(stack, "Api", name="page", stage="dev", sign_in="api-key", rate=1000, log_role=True)
    page = ml.AssistantPage(stack, "Page", settings=SETTINGS)
    session = ml.AssistantFunction(stack, "Session", part="session", variables={})
    api.show_page(page, session.function)
    resources = json.loads((Path(app.synth().directory) / "Page.template.json").read_text())["Resources"]
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=CODE)
    for asset in folder.glob("asset.*"):
        packed = Path(shutil.make_archive(str(folder / "packed"), "zip", asset))
        s3.put_object(Bucket=CODE, Key=f"{asset.name.removeprefix('asset.')}.zip", Body=packed.read_bytes())
    [bucket] = of_type(resources, "AWS::S3::Bucket")
    return {"Resources": resources, "Outputs": {"Bucket": {"Ref": bucket}, "Url": stack.resolve(api.url)}}


def of_type(resources: dict[str, Any], kind: str) -> list[str]:
    return [name for name, each in resources.items() if each["Type"] == kind]


def shown(made: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """The resources with other settings of the page."""
    resources: dict[str, Any] = copy.deepcopy(made["Resources"])
    text = json.dumps({**SETTINGS, **settings})
    [objects] = of_type(resources, "Custom::AssistantPage")
    resources[objects]["Properties"]["Settings"] = text
    for name in of_type(resources, "AWS::Lambda::Function"):
        variables = resources[name]["Properties"].get("Environment", {}).get("Variables", {})
        variables.update({"SETTINGS": text} if "SETTINGS" in variables else {})
    return resources


def deployed(cloud: Cloud, resources: dict[str, Any], outputs: dict[str, Any]) -> tuple[Deployed, dict[str, str]]:
    stack = cloud.deploy(resources, outputs)
    settled = stack.settled()
    assert settled["StackStatus"] == "CREATE_COMPLETE", stack.reasons()
    return stack, settled["values"]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("cloud")) as process:
        yield process


@pytest.fixture(scope="module")
def stage(cloud: Cloud, made: dict[str, Any]) -> Iterator[tuple[Deployed, dict[str, str]]]:
    stack, values = deployed(cloud, made["Resources"], made["Outputs"])
    yield stack, values
    stack.delete()


@pytest.fixture(scope="module")
def url(stage: tuple[Deployed, dict[str, str]]) -> str:
    return stage[1]["Url"]


@pytest.fixture(scope="module")
def browser(cloud: Cloud) -> requests.Session:
    session = requests.Session()
    # Otherwise environment variables take precedence over `verify`.
    session.trust_env = False
    session.verify = cloud.bundle
    return session


def settings_in(page: str) -> Any:
    block = re.search(r'<script type="application/json" id="settings">(.*?)</script>', page)
    assert block
    return json.loads(block[1])


def test_the_page_arrives_in_one_piece_compressed_and_with_its_policy(browser: requests.Session, url: str) -> None:
    page = browser.get(f"{url}/rag", headers={"Accept": "text/html"})
    assert page.status_code == 200
    for name in ("style.css", "theme.js"):
        assert (WEB / name).read_text() in page.text
    assert settings_in(page.text) == SETTINGS
    assert page.headers["Content-Encoding"] == "gzip"
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-cache"
    assert page.headers["Content-Security-Policy"] == page_objects(WEB, SETTINGS)[PAGE].policy
    raw = browser.get(f"{url}/rag", stream=True).raw.read(decode_content=False)
    assert gzip.decompress(raw).decode() == page.text
    library = browser.get(f"{url}/{LIBRARY}")
    assert library.content == (WEB / "temml" / "temml.min.js").read_bytes()
    assert library.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert browser.get(f"{url}/{LICENCE}").content == (WEB / "temml" / "LICENSE.txt").read_bytes()


def test_what_the_browser_has_is_not_sent_again(browser: requests.Session, url: str) -> None:
    page = browser.get(f"{url}/rag")
    again = browser.get(f"{url}/rag", headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", page.headers["ETag"])
    assert browser.get(f"{url}/rag", headers={"If-None-Match": '"another"'}).status_code == 200


def test_the_page_and_its_sign_in_tell_the_browser_what_it_must_not_do(browser: requests.Session, url: str) -> None:
    page, session = browser.get(f"{url}/rag"), browser.post(f"{url}/rag/session", json={})
    assert {name: page.headers.get(name) for name in BROWSER_HEADERS} == BROWSER_HEADERS
    assert (session.status_code, session.json()["cause"]) == (404, "not-found")
    assert {name: session.headers.get(name) for name in OF_SESSION} == OF_SESSION


def test_answers_without_the_page_tell_the_browser_the_same(browser: requests.Session, url: str) -> None:
    tag = browser.get(f"{url}/rag").headers["ETag"]
    unchanged = browser.get(f"{url}/rag", headers={"If-None-Match": tag})
    assert unchanged.status_code == 304
    assert {name: unchanged.headers.get(name) for name in BROWSER_HEADERS} == BROWSER_HEADERS
    for method, path in (("GET", "nothing"), ("GET", "rag/<script>"), ("DELETE", "rag"), ("POST", "rag")):
        refused = browser.request(method, f"{url}/{path}")
        assert refused.status_code == 403, path
        assert {name: refused.headers.get(name) for name in ERROR_HEADERS} == ERROR_HEADERS, path
        assert refused.headers["Content-Type"] == "application/json"


def test_a_crowd_that_opens_the_page_calls_no_function(cloud: Cloud, browser: requests.Session, url: str) -> None:
    def signing_in() -> None:
        before = calls(cloud)
        browser.post(f"{url}/rag/session", json={})
        until("the call", lambda: calls(cloud), (before + 1).__eq__)

    signing_in()
    before = calls(cloud)
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda path: browser.get(f"{url}/{path}"), [PAGE, LIBRARY] * CROWD))
    assert {answer.status_code for answer in answers} == {200}
    assert calls(cloud) == before
    # The call of the sign-in is in the log; calls of the crowd would be in it before that.
    signing_in()
    assert calls(cloud) == before + 1


def test_a_change_of_the_settings_changes_the_page_and_a_rollback_changes_it_back(
    cloud: Cloud, browser: requests.Session, stage: tuple[Deployed, dict[str, str]], made: dict[str, Any]
) -> None:
    stack, values = stage
    url, s3 = f"{values['Url']}/rag", cloud.client("s3")
    tag = browser.get(url).headers["ETag"]
    # A file that an earlier version of the page may have left.
    s3.put_object(Bucket=values["Bucket"], Key="rag/old.js", Body=b"")
    sign_in = "https://own.auth.us-east-1.amazoncognito.com"
    settled = stack.update(
        shown(made, environment="other", authorize_url=f"{sign_in}/oauth2/authorize"), made["Outputs"]
    )
    assert settled["StackStatus"] == "UPDATE_COMPLETE", stack.reasons()
    page = browser.get(url, headers={"If-None-Match": tag})
    assert (page.status_code, settings_in(page.text)["environment"]) == (200, "other")
    # The address is one of the local cloud that a browser can reach.
    assert settings_in(page.text)["authorize_url"].startswith(f"{cloud.gateway}/_aws/own.auth.")
    assert {each["Key"] for each in s3.list_objects_v2(Bucket=values["Bucket"])["Contents"]} == set(KEYS)
    broken = shown(made, environment="third")
    method = broken[of_type(broken, "AWS::ApiGateway::Method")[0]]
    method["Properties"]["Integration"]["RequestParameters"] = {
        "integration.request.header.X": "method.request.header.X"
    }
    method["DependsOn"] = of_type(broken, "Custom::AssistantPage")
    assert stack.update(broken, made["Outputs"])["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert settings_in(browser.get(url).text)["environment"] == "other"


def test_what_cannot_be_read_is_absent_and_names_no_bucket(
    cloud: Cloud, browser: requests.Session, stage: tuple[Deployed, dict[str, str]]
) -> None:
    _, values = stage
    url, bucket, s3 = values["Url"], values["Bucket"], cloud.client("s3")
    licence = s3.get_object(Bucket=bucket, Key=LICENCE)
    s3.delete_object(Bucket=bucket, Key=LICENCE)
    gone = browser.get(f"{url}/{LICENCE}", headers={"Accept": "text/html"})
    assert (gone.status_code, gone.json()["cause"], gone.headers["Content-Type"]) == (
        404,
        "not-found",
        "application/json",
    )
    assert gone.json()["request_id"]
    assert {name: gone.headers.get(name) for name in ERROR_HEADERS} == ERROR_HEADERS
    assert bucket not in gone.text + str(gone.headers)
    s3.put_object(
        Bucket=bucket,
        Key=LICENCE,
        Body=licence["Body"].read(),
        ContentType=licence["ContentType"],
        ContentEncoding="gzip",
        Metadata=licence["Metadata"],
    )
    assert browser.get(f"{url}/{LICENCE}").status_code == 200
    for path in ("rag/index.html", "rag/settings.json", "rag/temml", "rag/temml/../../rag"):
        answer = browser.get(f"{url}/{path}")
        assert answer.status_code == 403 or answer.url.endswith("/dev/rag"), path


def test_the_page_goes_with_its_stack_also_where_nobody_may_read_it(cloud: Cloud, made: dict[str, Any]) -> None:
    resources = shown(made)
    [reader] = [name for name in of_type(resources, "AWS::IAM::Policy") if "Reader" in name]
    [statement] = resources[reader]["Properties"]["PolicyDocument"]["Statement"]
    statement["Effect"] = "Deny"
    stack, values = deployed(cloud, resources, made["Outputs"])
    refused = requests.get(f"{values['Url']}/rag", verify=cloud.bundle, timeout=60)
    assert (refused.status_code, refused.json()["cause"]) == (404, "not-found")
    stack.delete()
    assert values["Bucket"] not in [each["Name"] for each in cloud.client("s3").list_buckets()["Buckets"]]


def calls(cloud: Cloud) -> int:
    """How often functions have begun to run."""
    logs = cloud.client("logs")
    return sum(
        event["message"].startswith("START RequestId")
        for group in logs.describe_log_groups()["logGroups"]
        for event in logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
    )
