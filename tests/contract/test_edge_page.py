"""The page function behind a REST API and a user pool of the cloud process: files, settings and a whole sign-in."""

import gzip
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
WEB = ROOT / "web"


def package() -> bytes:
    """The function's code with `web/` beside it, as it is deployed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in (ROOT / "lambda" / "page").glob("*.py"):
            archive.write(path, path.name)
        for path in WEB.rglob("*"):
            archive.write(path, path.relative_to(ROOT))
    return buffer.getvalue()


def below_rag(name: str, part: str) -> dict[str, Any]:
    return {
        f"Path{name}": made("AWS::ApiGateway::Resource", RestApiId=ref("Api"), ParentId=ref("Pathrag"), PathPart=part)
    }


def parts() -> dict[str, Any]:
    methods = {
        **resource("rag"),
        **below_rag("file", "{file+}"),
        **below_rag("session", "session"),
        **method("rag", "GET"),
        **method("file", "GET"),
        **method("session", "POST"),
    }
    variables: dict[str, Any] = {
        "ENVIRONMENT": "dev",
        "SIGN_IN": "cognito",
        "AUTHORIZE_URL": sign_in_url("/oauth2/authorize"),
        "LOGOUT_URL": sign_in_url("/logout"),
        "TOKEN_URL": sign_in_url("/oauth2/token"),
        "REVOKE_URL": sign_in_url("/oauth2/revoke"),
        "CLIENT_ID": ref("Client"),
    }
    made_parts = {**user_pool("osml-page"), **function(**variables), **rest_api(methods)}
    made_parts["Api"]["Properties"]["BinaryMediaTypes"] = ["*/*"]
    made_parts["Function"]["Properties"]["Handler"] = "page.handler"
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
    """The resources with the page's function in a stack, which goes afterwards."""
    stack = cloud.deploy(resources, {**OUTPUTS, "Function": ref("Function")})
    settled = stack.settled()
    assert settled["StackStatus"] == "CREATE_COMPLETE", stack.reasons()
    cloud.client("lambda").update_function_code(FunctionName=settled["values"]["Function"], ZipFile=package())
    yield Pool(cloud, stack, settled["values"])
    stack.delete()


def test_the_page_arrives_in_one_piece_and_its_files_as_they_are_in_the_checkout(pool: Pool) -> None:
    browser = pool.browser()
    page = browser.get(pool.back, headers={"Accept": "text/html"})
    assert page.status_code == 200
    for name in ("style.css", "theme.js"):
        assert (WEB / name).read_text() in page.text
    assert page.headers["Content-Encoding"] == "gzip"
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    plain = browser.get(f"{pool.back}/app.js", headers={"Accept-Encoding": "identity"})
    assert plain.content == (WEB / "app.js").read_bytes()
    assert plain.headers["Content-Type"] == "text/javascript; charset=utf-8"
    raw = browser.get(f"{pool.back}/app.js", stream=True).raw.read(decode_content=False)
    assert gzip.decompress(raw) == plain.content
    again = browser.get(pool.back, headers={"If-None-Match": page.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert browser.get(f"{pool.back}/nothing.js").status_code == 404


def test_a_person_signs_in_with_a_code_renews_the_session_and_ends_it(pool: Pool) -> None:
    browser, (verifier, challenge) = pool.browser(), verifier_and_challenge()
    settings = browser.get(f"{pool.back}/settings.json").json()
    assert settings["client_id"] == pool.values["Client"]
    form = pool.authorize(browser, challenge, scope=settings["scope"])
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
