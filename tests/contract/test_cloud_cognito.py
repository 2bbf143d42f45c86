"""Users of the cloud process: managed login with code and PKCE, and how an authorizer reads the tokens."""

import base64
import hashlib
import json
import re
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from tests.contract import cloud_process
from tests.contract.cloud_process import Cloud, Stack
from tests.contract.rest_api import (
    api_url,
    authorizer,
    function,
    made,
    method,
    ref,
    resource,
    rest_api,
    sign_in_url,
    user_pool,
)
from tests.waiting import until

cloud = cloud_process.cloud

PASSWORD = "Right-1-password"
OUTPUTS = {
    "Api": api_url(),
    "SignIn": sign_in_url(),
    "Pool": ref("Pool"),
    "Client": ref("Client"),
    "Other": ref("Other"),
    "Short": ref("Short"),
}


def parts(prefix: str) -> dict[str, Any]:
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    brief: dict[str, Any] = {"IdTokenValidity": 1, "TokenValidityUnits": {"IdToken": "seconds"}}
    methods = {
        **resource("ask"),
        **method("ask", "POST", AuthorizationType="COGNITO_USER_POOLS", AuthorizerId=ref("Authorizer")),
        **resource("bound"),
        **method("bound", "POST", AuthorizationType="COGNITO_USER_POOLS", AuthorizerId=ref("Bound")),
    }
    bound = authorizer(IdentityValidationExpression=ref("Client"))["Authorizer"]
    return {
        **user_pool(prefix),
        **function(TOKEN_URL=sign_in_url("/oauth2/token"), HOME=api_url("/rag")),
        **rest_api({**methods, **authorizer(), "Bound": bound}),
        "Other": made("AWS::Cognito::UserPoolClient", UserPoolId=ref("Pool"), ExplicitAuthFlows=flows),
        "Short": made("AWS::Cognito::UserPoolClient", UserPoolId=ref("Pool"), ExplicitAuthFlows=flows, **brief),
    }


@dataclass
class Pool:
    """A deployed pool with its API, and the steps of a person through managed login."""

    cloud: Cloud
    stack: Stack
    values: dict[str, str]

    @property
    def back(self) -> str:
        return f"{self.values['Api']}/rag"

    def browser(self) -> requests.Session:
        session = requests.Session()
        # Otherwise environment variables take precedence over `verify`.
        session.trust_env = False
        session.verify = self.cloud.bundle
        return session

    def user(self, password: str | None = PASSWORD) -> str:
        """Make a user as an admin. Without `password`, the user must replace the password `Temporary-1`."""
        name, idp = f"{uuid.uuid4().hex[:8]}@example.com", self.cloud.client("cognito-idp")
        wanted = {"Name": "email", "Value": name}, {"Name": "email_verified", "Value": "true"}
        idp.admin_create_user(
            UserPoolId=self.values["Pool"],
            Username=name,
            UserAttributes=list(wanted),
            TemporaryPassword="Temporary-1",
            MessageAction="SUPPRESS",
        )
        if password:
            idp.admin_set_user_password(
                UserPoolId=self.values["Pool"], Username=name, Password=password, Permanent=True
            )
        return name

    def tokens(self, client: str = "Client") -> dict[str, Any]:
        """The tokens of a new user, who signs in by password without a page."""
        parameters = {"USERNAME": self.user(), "PASSWORD": PASSWORD}
        answer: dict[str, Any] = self.cloud.client("cognito-idp").initiate_auth(
            ClientId=self.values[client], AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters
        )["AuthenticationResult"]
        return answer

    def authorize(self, browser: requests.Session, challenge: str, **changes: str) -> requests.Response:
        query = {
            "response_type": "code",
            "client_id": self.values["Client"],
            "redirect_uri": self.back,
            "state": "s t/ate",
            "scope": "openid email",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            **changes,
        }
        answer = browser.get(f"{self.values['SignIn']}/oauth2/authorize", params=query, allow_redirects=False)
        to_form = answer.status_code == 302 and urlsplit(answer.headers["Location"]).path.endswith("/login")
        return browser.get(self.cloud.gateway + answer.headers["Location"]) if to_form else answer

    def token(self, **form: str) -> requests.Response:
        grant = {"grant_type": "authorization_code", "client_id": self.values["Client"], "redirect_uri": self.back}
        return self.browser().post(f"{self.values['SignIn']}/oauth2/token", data={**grant, **form})

    def ask(self, token: str | None, path: str = "ask") -> requests.Response:
        headers = {"Authorization": token} if token is not None else {}
        return self.browser().post(f"{self.values['Api']}/{path}", json={}, headers=headers)


@pytest.fixture(scope="module")
def pool(cloud: Cloud) -> Iterator[Pool]:
    stack = cloud.deploy(parts("osml-dev"), OUTPUTS)
    settled = stack.settled()
    assert settled["StackStatus"] == "CREATE_COMPLETE", stack.reasons()
    yield Pool(cloud, stack, settled["values"])
    stack.delete()
    assert cloud.client("cognito-idp").list_user_pools(MaxResults=10)["UserPools"] == []


def submitted(browser: requests.Session, page: requests.Response, **fields: str) -> requests.Response:
    """Send the page's form with its hidden fields and the `fields` that a person fills in."""
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.text))
    labelled = set(re.findall(r'<label for="([^"]+)">', page.text))
    assert set(fields) <= labelled, page.text
    assert '<button type="submit">' in page.text
    [action] = re.findall(r'<form method="POST" action="([^"]+)">', page.text)
    filled = {**{name: unescape(value) for name, value in hidden.items()}, **fields}
    address = urlsplit(page.url)
    return browser.post(f"https://{address.netloc}{action}", data=filled, allow_redirects=False)


def verifier_and_challenge() -> tuple[str, str]:
    verifier = secrets.token_urlsafe(48)
    return verifier, base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def returned(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 302, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def part(content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def read(token: str, index: int = 1) -> dict[str, Any]:
    text = token.split(".")[index]
    parsed: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return parsed


def test_stack_gets_addresses_that_a_browser_can_reach(pool: Pool) -> None:
    domain = "osml-dev.auth.us-east-1.amazoncognito.com"
    assert pool.values["SignIn"] == f"{pool.cloud.gateway}/_aws/{domain}"
    variables = pool.ask(pool.tokens()["IdToken"]).json()["variables"]
    assert variables["TOKEN_URL"] == f"{pool.values['SignIn']}/oauth2/token"
    assert variables["HOME"] == pool.back
    client = pool.cloud.client("cognito-idp").describe_user_pool_client(
        UserPoolId=pool.values["Pool"], ClientId=pool.values["Client"]
    )["UserPoolClient"]
    assert client["CallbackURLs"] == [pool.back]
    assert "ClientSecret" not in client


def test_person_signs_in_once_and_calls_the_api(pool: Pool) -> None:
    browser, (verifier, challenge), name = pool.browser(), verifier_and_challenge(), pool.user()
    page = pool.authorize(browser, challenge)
    back = returned(submitted(browser, page, username=name, password=PASSWORD))
    assert back["state"] == "s t/ate"
    assert pool.token(code=back["code"], code_verifier="x" * 64).json()["error"] == "invalid_grant"
    assert pool.token(code=back["code"]).json()["error"] == "invalid_grant"
    other = pool.token(code=back["code"], code_verifier=verifier, redirect_uri=f"{pool.back}/x")
    assert other.json()["error"] == "invalid_grant"
    tokens = pool.token(code=back["code"], code_verifier=verifier).json()
    assert pool.token(code=back["code"], code_verifier=verifier).json()["error"] == "invalid_grant"
    claims = pool.ask(tokens["id_token"]).json()["context"]["authorizer"]["claims"]
    assert (claims["email"], claims["sub"]) == (name, read(tokens["id_token"])["sub"])
    fresh = pool.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"]).json()
    assert pool.ask(fresh["id_token"]).status_code == 200
    assert pool.ask(f"Bearer {fresh['id_token']}").status_code == 200


def test_groups_of_a_person_are_one_text(pool: Pool) -> None:
    """Amazon's REST APIs pass lists on in this form."""
    name, idp = pool.user(), pool.cloud.client("cognito-idp")
    for group in ("hr", "editor"):
        idp.create_group(UserPoolId=pool.values["Pool"], GroupName=group)
        idp.admin_add_user_to_group(UserPoolId=pool.values["Pool"], Username=name, GroupName=group)
    answer = idp.initiate_auth(
        ClientId=pool.values["Client"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
    )["AuthenticationResult"]
    claims = pool.ask(answer["IdToken"]).json()["context"]["authorizer"]["claims"]
    assert sorted(claims["cognito:groups"].split(",")) == ["editor", "hr"]


def test_session_lasts_until_sign_out(pool: Pool) -> None:
    browser, (_, challenge) = pool.browser(), verifier_and_challenge()
    submitted(browser, pool.authorize(browser, challenge), username=pool.user(), password=PASSWORD)
    assert "code" in returned(pool.authorize(browser, challenge))
    out = {"client_id": pool.values["Client"], "logout_uri": "https://evil.example/"}
    assert browser.get(f"{pool.values['SignIn']}/logout", params=out).status_code == 400
    out["logout_uri"], kept = pool.back, browser.cookies.get_dict()
    answer = browser.get(f"{pool.values['SignIn']}/logout", params=out, allow_redirects=False)
    assert answer.headers["Location"] == pool.back
    assert browser.cookies.get_dict() == {}
    browser.cookies.update(kept)
    assert "<form" in pool.authorize(browser, challenge).text


def test_a_browser_that_asks_for_the_icon_of_a_form_sees_no_error(cloud: Cloud) -> None:
    assert requests.get(f"{cloud.gateway}/favicon.ico", verify=cloud.bundle, timeout=60).status_code == 204
    # A bucket may also be called favicon.ico.
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="favicon.ico")
    s3.put_object(Bucket="favicon.ico", Key="a", Body=b"")
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="favicon.ico")["Contents"]] == ["a"]


def test_user_made_by_an_admin_chooses_a_password(pool: Pool) -> None:
    browser, (verifier, challenge), name = pool.browser(), verifier_and_challenge(), pool.user(password=None)
    page = submitted(browser, pool.authorize(browser, challenge), username=name, password="Temporary-1")
    differing = submitted(browser, page, new_password=PASSWORD, confirm_password="Another-1-word")
    assert "Passwords do not match." in differing.text
    weak = submitted(browser, differing, new_password="weak", confirm_password="weak")
    assert "did not conform with policy" in weak.text
    back = returned(submitted(browser, weak, new_password=PASSWORD, confirm_password=PASSWORD))
    assert pool.token(code=back["code"], code_verifier=verifier).status_code == 200


@pytest.mark.parametrize("known", [True, False])
def test_wrong_password_is_reported_on_the_page(pool: Pool, known: bool) -> None:
    browser, (_, challenge) = pool.browser(), verifier_and_challenge()
    name = pool.user() if known else "nobody@example.com"
    page = submitted(browser, pool.authorize(browser, challenge), username=name, password="Wrong-1-word")
    assert '<div class="error" role="alert">Incorrect username or password.</div>' in page.text
    assert "code" not in page.headers.get("Location", "")


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"redirect_uri": "https://evil.example/rag"}, 400),
        ({"client_id": "unknown"}, 400),
        ({"response_type": "token"}, 400),
    ],
)
def test_request_that_the_client_does_not_admit_gets_no_form(pool: Pool, changes: dict[str, str], status: int) -> None:
    answer = pool.authorize(pool.browser(), verifier_and_challenge()[1], **changes)
    assert answer.status_code == status
    assert "<form" not in answer.text


def test_plain_challenge_goes_back_as_an_error(pool: Pool) -> None:
    answer = pool.authorize(pool.browser(), "plain", code_challenge_method="plain")
    assert returned(answer) == {"error": "invalid_request", "state": "s t/ate"}


def test_nobody_signs_up(pool: Pool) -> None:
    idp = pool.cloud.client("cognito-idp")
    with pytest.raises(ClientError, match="SignUp is not permitted for this user pool"):
        idp.sign_up(ClientId=pool.values["Client"], Username="a@example.com", Password=PASSWORD)


def forged(token: str) -> str:
    """The token with the same header and claims, signed by another key."""
    key = rsa.generate_private_key(65537, 2048)
    content = token.rpartition(".")[0]
    signature = key.sign(content.encode(), padding.PKCS1v15(), SHA256())
    return f"{content}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def test_authorizer_refuses_all_but_a_real_identity_token(pool: Pool) -> None:
    tokens = pool.tokens()
    token = tokens["IdToken"]
    header, payload, signature = token.split(".")
    tampered = {**read(token), "sub": "somebody else"}
    refused = {
        "none": None,
        "empty": "",
        "no token": "guessed",
        "tampered": f"{header}.{part(tampered)}.{signature}",
        "alg none": f"{part({**read(token, 0), 'alg': 'none'})}.{payload}.",
        "alg none, signed": f"{part({**read(token, 0), 'alg': 'none'})}.{payload}.{signature}",
        "forged": forged(token),
        "access": tokens["AccessToken"],
        "refresh": tokens["RefreshToken"],
        "other pool": other_pool_token(pool.cloud),
    }
    answers = {name: pool.ask(given) for name, given in refused.items()}
    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(refused, 401)
    assert {answer.text for answer in answers.values()} == {'{"message":"Unauthorized"}'}
    assert answers["forged"].headers["x-amzn-ErrorType"] == "UnauthorizedException"
    assert pool.ask(token).status_code == 200


def other_pool_token(cloud: Cloud) -> str:
    idp = cloud.client("cognito-idp")
    other = idp.create_user_pool(PoolName="other")["UserPool"]["Id"]
    client = idp.create_user_pool_client(
        UserPoolId=other, ClientName="other", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
    )["UserPoolClient"]["ClientId"]
    idp.admin_create_user(UserPoolId=other, Username="one", MessageAction="SUPPRESS")
    idp.admin_set_user_password(UserPoolId=other, Username="one", Password=PASSWORD, Permanent=True)
    token: str = idp.initiate_auth(
        ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": "one", "PASSWORD": PASSWORD}
    )["AuthenticationResult"]["IdToken"]
    idp.delete_user_pool(UserPoolId=other)
    return token


def test_authorizer_says_that_a_token_has_expired(pool: Pool) -> None:
    token = pool.tokens("Short")["IdToken"]
    answer = until("the end of the token", lambda: pool.ask(token), lambda answer: answer.status_code != 200)
    assert (answer.status_code, answer.json()) == (401, {"message": "The incoming token has expired"})


def test_authorizer_bound_to_a_client_refuses_the_others(pool: Pool) -> None:
    own, other = pool.tokens()["IdToken"], pool.tokens("Other")["IdToken"]
    assert (pool.ask(own, "bound").status_code, pool.ask(other).status_code) == (200, 200)
    answer = pool.ask(other, "bound")
    assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})


def test_managed_login_without_a_style_is_unavailable(cloud: Cloud) -> None:
    wanted = parts("osml-unstyled")
    del wanted["Style"]
    stack = cloud.deploy(wanted, OUTPUTS)
    settled = stack.settled()
    assert settled["StackStatus"] == "CREATE_COMPLETE", stack.reasons()
    pool = Pool(cloud, stack, settled["values"])
    answer = pool.authorize(pool.browser(), verifier_and_challenge()[1])
    assert (answer.status_code, "Login pages unavailable" in answer.text) == (403, True)
    classic = {**wanted, "Domain": user_pool("osml-unstyled", version=1)["Domain"]}
    assert stack.update(classic, OUTPUTS)["StackStatus"] == "UPDATE_COMPLETE"
    assert "<form" in pool.authorize(pool.browser(), verifier_and_challenge()[1]).text
    stack.delete()
    assert pool.authorize(pool.browser(), verifier_and_challenge()[1]).status_code == 404


def test_user_is_made_by_a_stack(cloud: Cloud) -> None:
    first = {
        "Pool": user_pool("unused")["Pool"],
        "User": made("AWS::Cognito::UserPoolUser", UserPoolId=ref("Pool"), Username="first@example.com"),
    }
    stack = cloud.deploy(first, {"Pool": ref("Pool"), "User": ref("User")})
    values = stack.settled()["values"]
    idp = cloud.client("cognito-idp")
    [user] = idp.list_users(UserPoolId=values["Pool"])["Users"]
    assert user["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    stack.update({"Pool": first["Pool"]})
    assert idp.list_users(UserPoolId=values["Pool"])["Users"] == []
    stack.delete()


@pytest.mark.parametrize("prefix", ["my-aws-pool", "Upper", "-dash"])
def test_domain_prefix_that_cognito_refuses(cloud: Cloud, prefix: str) -> None:
    stack = cloud.deploy({key: user_pool(prefix)[key] for key in ("Pool", "Domain")})
    assert stack.settled()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "omain" in stack.reasons()
    stack.delete()
