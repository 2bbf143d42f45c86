"""A second factor: a person sets it up and signs in with its code, at the first sign-in where it is required."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from tests.contract import cloud_process
from tests.contract.cloud_process import Cloud
from tests.contract.test_cloud_cognito import PASSWORD, Pool, returned, submitted, verifier_and_challenge
from tests.contract.test_edge_session import OUTPUTS, deployed, parts
from tests.totp import code

cloud = cloud_process.cloud

ADMIN = "aws.cognito.signin.user.admin"


def with_factors() -> dict[str, Any]:
    made = parts()
    made["Pool"]["Properties"] |= {"MfaConfiguration": "OPTIONAL", "EnabledMfas": ["SOFTWARE_TOKEN_MFA"]}
    made["Client"]["Properties"]["AllowedOAuthScopes"] = ["openid", ADMIN]
    variables = made["Function"]["Properties"]["Environment"]["Variables"]
    region = {"Ref": "AWS::Region"}
    variables["POOL_API"] = {"Fn::Join": ["", ["https://cognito-idp.", region, ".", {"Ref": "AWS::URLSuffix"}, "/"]]}
    return made


@pytest.fixture(scope="module")
def pool(cloud: Cloud) -> Iterator[Pool]:
    yield from deployed(cloud, with_factors())


def password_given(pool: Pool, name: str, scope: str | None = None) -> tuple[requests.Session, str, requests.Response]:
    """Give the password; returns the browser, its verifier, and the answer of managed login."""
    browser, (verifier, challenge) = pool.browser(), verifier_and_challenge()
    form = pool.authorize(browser, challenge, scope=scope or f"openid {ADMIN}")
    return browser, verifier, submitted(browser, form, username=name, password=PASSWORD)


def refresh_token(pool: Pool, browser: requests.Session, verifier: str, answer: requests.Response) -> str:
    body = {"code": returned(answer)["code"], "verifier": verifier}
    token: str = browser.post(f"{pool.back}/session", json=body).json()["refresh_token"]
    return token


def sent(pool: Pool, token: str, wanted: str) -> tuple[int, Any]:
    answer = pool.browser().post(f"{pool.back}/session", json={"refresh_token": token, "second_factor": wanted})
    return answer.status_code, answer.json()


def test_a_person_sets_it_up_signs_in_with_it_and_switches_it_off(pool: Pool) -> None:
    name = pool.user()
    token = refresh_token(pool, *password_given(pool, name))
    assert sent(pool, token, "state") == (200, {"on": False})
    status, reply = sent(pool, token, "begin")
    assert (status, set(reply)) == (200, {"secret"})
    # Nothing changes before the code is given.
    assert sent(pool, token, "state") == (200, {"on": False})
    right = code(reply["secret"])
    wrong = "000000" if right != "000000" else "000001"
    status, refused = sent(pool, token, wrong)
    assert (status, refused["message"]) == (400, "The code is wrong or too old. Type the one that the app shows now.")
    assert sent(pool, token, right) == (200, {"on": True})
    assert sent(pool, token, "state") == (200, {"on": True})

    browser, verifier, form = password_given(pool, name)
    assert "authenticator app" in form.text
    again = submitted(browser, form, factor_code=wrong)
    assert "The code is wrong." in again.text
    back = submitted(browser, again, factor_code=code(reply["secret"]))
    token = refresh_token(pool, browser, verifier, back)
    assert sent(pool, token, "off") == (200, {"on": False})
    assert returned(password_given(pool, name)[2])["code"]


def test_nobody_else_is_asked_for_a_code(pool: Pool) -> None:
    assert returned(password_given(pool, pool.user())[2])["code"]


def test_only_a_token_for_it_changes_a_person(pool: Pool) -> None:
    token = refresh_token(pool, *password_given(pool, pool.user(), scope="openid"))
    status, refused = sent(pool, token, "begin")
    assert (status, refused["message"]) == (
        401,
        "This sign-in cannot change the second factor. Sign out, and sign in again.",
    )
    assert sent(pool, "made-up", "begin")[0] == 401
    assert sent(pool, token, "12345")[0] == 400


def test_the_local_pool_refuses_the_same_calls_as_cognito(pool: Pool) -> None:
    idp, name = pool.cloud.client("cognito-idp"), pool.user()
    auth = {"USERNAME": name, "PASSWORD": PASSWORD}
    token = idp.initiate_auth(ClientId=pool.values["Client"], AuthFlow="USER_PASSWORD_AUTH", AuthParameters=auth)[
        "AuthenticationResult"
    ]["AccessToken"]
    on = {"Enabled": True, "PreferredMfa": True}
    with pytest.raises(ClientError, match="has not verified software token mfa"):
        idp.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings=on)
    with pytest.raises(ClientError, match="has not verified software token mfa"):
        idp.admin_set_user_mfa_preference(UserPoolId=pool.values["Pool"], Username=name, SoftwareTokenMfaSettings=on)
    secret = idp.associate_software_token(AccessToken=token)["SecretCode"]
    wrong = "000000" if code(secret) != "000000" else "000001"
    with pytest.raises(ClientError, match="Code mismatch and fail enable Software Token MFA"):
        idp.verify_software_token(AccessToken=token, UserCode=wrong)
    assert idp.verify_software_token(AccessToken=token, UserCode=code(secret))["Status"] == "SUCCESS"
    # A verified factor is not switched on yet.
    assert idp.get_user(AccessToken=token).get("UserMFASettingList", []) == []
    idp.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings=on)
    assert idp.get_user(AccessToken=token)["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]


def test_where_it_is_required_the_sign_in_page_sets_it_up(cloud: Cloud) -> None:
    made = parts()
    made["Pool"]["Properties"] |= {"MfaConfiguration": "ON", "EnabledMfas": ["SOFTWARE_TOKEN_MFA"]}
    made["Domain"]["Properties"]["Domain"] = "osml-required"
    stack = cloud.deploy(made, OUTPUTS)
    strict = Pool(cloud, stack, stack.settled()["values"])
    name = strict.user(password=None)

    browser, (verifier, challenge) = strict.browser(), verifier_and_challenge()
    page = submitted(browser, strict.authorize(browser, challenge), username=name, password="Temporary-1")
    setup = submitted(browser, page, new_password=PASSWORD, confirm_password=PASSWORD)
    assert "Set up an authenticator app" in setup.text
    # The password without the code does not sign in, neither at this sign-in nor at the next.
    assert "<form" in strict.authorize(browser, challenge).text
    (secret,) = re.findall(r'<code id="factor_secret">([A-Z2-7]{32})</code>', setup.text)
    wrong = "000000" if code(secret) != "000000" else "000001"
    again = submitted(browser, setup, factor_code=wrong)
    assert "The code is wrong." in again.text
    assert secret in again.text
    back = returned(submitted(browser, again, factor_code=code(secret)))
    assert strict.token(code=back["code"], code_verifier=verifier).status_code == 200
    assert submitted(browser, again, factor_code=code(secret)).status_code == 400

    other, (_, challenge) = strict.browser(), verifier_and_challenge()
    form = submitted(other, strict.authorize(other, challenge), username=name, password=PASSWORD)
    assert secret not in form.text
    assert "code" in returned(submitted(other, form, factor_code=code(secret)))
    stack.delete()


def test_where_it_is_required_the_api_gives_no_token_before_it_is_set_up(cloud: Cloud) -> None:
    made = parts()
    made["Pool"]["Properties"] |= {"MfaConfiguration": "ON", "EnabledMfas": ["SOFTWARE_TOKEN_MFA"]}
    made["Domain"]["Properties"]["Domain"] = "osml-strict"
    stack = cloud.deploy(made, OUTPUTS)
    strict = Pool(cloud, stack, stack.settled()["values"])
    idp, name, client = cloud.client("cognito-idp"), strict.user(password=None), strict.values["Client"]

    def begun(password: str) -> dict[str, Any]:
        auth = {"USERNAME": name, "PASSWORD": password}
        answer: dict[str, Any] = idp.initiate_auth(ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=auth)
        assert "AuthenticationResult" not in answer
        return answer

    def answered(challenge: str, session: str, **given: str) -> dict[str, Any]:
        answer: dict[str, Any] = idp.respond_to_auth_challenge(
            ClientId=client,
            ChallengeName=challenge,
            Session=session,
            ChallengeResponses={"USERNAME": name, **given},
        )
        return answer

    first = begun("Temporary-1")
    # Nobody can choose a password with only a user name.
    with pytest.raises(ClientError, match="Invalid session for the user"):
        answered("NEW_PASSWORD_REQUIRED", "made-up-session-of-some-length", NEW_PASSWORD="Stolen-1-password")
    setup = answered("NEW_PASSWORD_REQUIRED", first["Session"], NEW_PASSWORD=PASSWORD)
    assert (setup["ChallengeName"], "AuthenticationResult" in setup) == ("MFA_SETUP", False)
    with pytest.raises(ClientError, match="Invalid session for the user"):
        answered("NEW_PASSWORD_REQUIRED", first["Session"], NEW_PASSWORD=PASSWORD)

    again = begun(PASSWORD)
    assert again["ChallengeName"] == "MFA_SETUP"
    assert again["ChallengeParameters"]["MFAS_CAN_SETUP"] == '["SOFTWARE_TOKEN_MFA"]'
    app = idp.associate_software_token(Session=again["Session"])
    for unready in (again["Session"], app["Session"]):
        with pytest.raises(ClientError, match="Invalid session for the user"):
            answered("MFA_SETUP", unready)
    wrong = "000000" if code(app["SecretCode"]) != "000000" else "000001"
    with pytest.raises(ClientError, match="Code mismatch and fail enable Software Token MFA"):
        idp.verify_software_token(Session=app["Session"], UserCode=wrong)
    ready = idp.verify_software_token(Session=app["Session"], UserCode=code(app["SecretCode"]))
    tokens = answered("MFA_SETUP", ready["Session"])["AuthenticationResult"]
    assert idp.get_user(AccessToken=tokens["AccessToken"])["UserMFASettingList"] == ["SOFTWARE_TOKEN_MFA"]

    challenged = begun(PASSWORD)
    assert challenged["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    with pytest.raises(ClientError, match="Invalid code received for user"):
        answered("SOFTWARE_TOKEN_MFA", challenged["Session"], SOFTWARE_TOKEN_MFA_CODE=wrong)
    with pytest.raises(ClientError, match="Invalid session for the user"):
        answered(
            "SOFTWARE_TOKEN_MFA", "made-up-session-of-some-length", SOFTWARE_TOKEN_MFA_CODE=code(app["SecretCode"])
        )
    given = answered("SOFTWARE_TOKEN_MFA", challenged["Session"], SOFTWARE_TOKEN_MFA_CODE=code(app["SecretCode"]))
    assert "IdToken" in given["AuthenticationResult"]
    stack.delete()


def test_a_pool_without_second_factors_takes_none(cloud: Cloud) -> None:
    stack = cloud.deploy(
        parts()
        | {"Domain": {**parts()["Domain"], "Properties": {**parts()["Domain"]["Properties"], "Domain": "osml-off"}}},
        OUTPUTS,
    )
    off = Pool(cloud, stack, stack.settled()["values"])
    with pytest.raises(ClientError, match="Software Token MFA has not been enabled by the userPool"):
        cloud.client("cognito-idp").associate_software_token(AccessToken=off.tokens()["AccessToken"])
    stack.delete()
