"""The function session behind a REST API and a user pool of the cloud process: a complete sign-in."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.cloud_process import Cloud, running
from tests.contract.rest_api import api_url, function, made, method, ref, resource, rest_api, sign_in_url, user_pool
from tests.contract.test_cloud_cognito import PASSWORD, Pool, returned, submitted, verifier_and_challenge

ROOT = Path(__file__).parents[2]


def package() -> bytes:
    """The function's code, as it is deployed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in (ROOT / "lambda" / "session").glob("*.py"):
            archive.write(path, path.name)
    return buffer.getvalue()


def below_rag(name: str, part: str) -> dict[str, Any]:
    return {
        f"Path{name}": made("AWS::ApiGateway::Resource", RestApiId=ref("Api"), ParentId=ref("Pathrag"), PathPart=part)
    }


def parts() -> dict[str, Any]:
    methods = {
        **resource("rag"),
        **below_rag("session", "session"),
        **method("session", "POST"),
    }
    variables: dict[str, Any] = {
        "TOKEN_URL": sign_in_url("/oauth2/token"),
        "REVOKE_URL": sign_in_url("/oauth2/revoke"),
        "CLIENT_ID": ref("Client"),
    }
    made_parts = {**user_pool("osml-page"), **function(**variables), **rest_api(methods)}
    made_parts["Api"]["Properties"]["BinaryMediaTypes"] = ["*/*"]
    made_parts["Function"]["Properties"]["Handler"] = "session.handler"
    return made_parts


OUTPUTS = {"Api": api_url(), "SignIn": sign_in_url(), "Pool": ref("Pool"), "Client": ref("Client")}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("cloud")) as process:
        yield process


@pytest.fixture(scope="module")
def pool(cloud: Cloud) -> Iterator[Pool]:
    yield from deployed(cloud, parts())


def deployed(cloud: Cloud, resources: dict[str, Any]) -> Iterator[Pool]:
    """Deploy the resources and the function in a stack, and delete it afterwards."""
    stack = cloud.deploy(resources, {**OUTPUTS, "Function": ref("Function")})
    settled = stack.settled()
    assert settled["StackStatus"] == "CREATE_COMPLETE", stack.reasons()
    cloud.client("lambda").update_function_code(FunctionName=settled["values"]["Function"], ZipFile=package())
    yield Pool(cloud, stack, settled["values"])
    stack.delete()


def test_a_person_signs_in_with_a_code_renews_the_session_and_ends_it(pool: Pool) -> None:
    browser, (verifier, challenge) = pool.browser(), verifier_and_challenge()
    form = pool.authorize(browser, challenge, scope="openid")
    back = returned(submitted(browser, form, username=pool.user(), password=PASSWORD))

    wrong = browser.post(f"{pool.back}/session", json={"code": "nothing", "verifier": verifier})
    assert (wrong.status_code, wrong.json()["message"]) == (
        401,
        "This sign-in was already used or has expired. Sign in again.",
    )
    session = browser.post(f"{pool.back}/session", json={"code": back["code"], "verifier": verifier})
    assert session.status_code == 200, session.text
    assert session.headers["Cache-Control"] == "no-store"
    assert set(session.json()) == {"id_token", "refresh_token", "expires_in"}
    renewed = browser.post(f"{pool.back}/session", json={"refresh_token": session.json()["refresh_token"]})
    assert renewed.status_code == 200, renewed.text
    assert renewed.json()["id_token"].count(".") == 2
    given_back = browser.post(f"{pool.back}/session", json={"sign_out": session.json()["refresh_token"]})
    assert (given_back.status_code, given_back.json()) == (200, {})
    refused = browser.post(f"{pool.back}/session", json={"refresh_token": session.json()["refresh_token"]})
    assert refused.status_code == 401, refused.text
