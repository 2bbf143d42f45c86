"""Sign-in to a pool of the cloud process through external identity providers, with OpenID Connect and SAML."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
from botocore.exceptions import ClientError

from tests.contract import cloud_process
from tests.contract.cloud_process import Cloud
from tests.contract.rest_api import made, ref
from tests.contract.test_cloud_cognito import OUTPUTS, Pool, parts, read, returned, verifier_and_challenge
from tests.identity_providers import IdentityProviders
from tests.identity_providers import running as providing

cloud = cloud_process.cloud

PREFIX = "osml-federated"
FORM = "application/x-www-form-urlencoded"
PEOPLE = {
    "ada": {"email": "ada@company.example", "groups": ["staff", "people team"]},
    "grace": {"email": "grace@partner.example", "groups": ["guests"]},
    "crowd": {"email": "crowd@company.example", "groups": [f"group-{number:036}" for number in range(60)]},
}
OF_TOKENS = {
    "wrong-audience": "Audience doesn't match",
    "wrong-issuer": "Invalid issuer",
    "expired": "Signature has expired",
    "wrong-key": "Signature verification failed",
    "unsigned": "alg value is not allowed",
}
OF_ASSERTIONS = {
    "wrong-audience": "is not a valid audience for this Response",
    "wrong-request": "does not match the ID of the AuthNRequest",
    "wrong-key": "Signature validation failed",
    "expired": "expired",
    "unsigned": "No Signature found",
    "changed": "Signature validation failed",
    "unasked": "answers no request",
}
FAULTS = {name: {"email": "grace@partner.example", "groups": ["guests"]} for name in {*OF_TOKENS, *OF_ASSERTIONS}}


@dataclass
class Federated(Pool):
    """A pool with both providers; `verifier` is that of the latest sign-in."""

    providers: IdentityProviders
    verifier: str = ""

    def begun(self, browser: requests.Session, name: str) -> requests.Response:
        """Follow the link on the sign-in page; returns the provider's first page."""
        self.verifier, challenge = verifier_and_challenge()
        form = self.authorize(browser, challenge)
        [link] = re.findall(rf'<a href="([^"]+)">Continue with {name}</a>', form.text)
        return browser.get(self.cloud.gateway + unescape(link))

    def answered(self, browser: requests.Session, page: requests.Response, person: str) -> requests.Response:
        """Sign in at the provider, from its first page; returns the pool's answer after the provider redirects back."""
        while True:
            [(tag, inside)] = re.findall(r"<form([^>]*)>(.*?)</form>", page.text, re.DOTALL)
            fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', inside))
            fields = {name: unescape(value) for name, value in fields.items()}
            texts = re.findall(r'<input[^>]*name="(login|password|user)"', inside)
            fields |= dict.fromkeys(texts, person)
            [action] = re.findall(r'action="([^"]+)"', tag)
            address = urljoin(page.url, unescape(action))
            method = "POST" if 'method="post"' in tag.lower() else "GET"
            options: dict[str, Any] = {"data": fields} if method == "POST" else {"params": fields}
            page = browser.request(method, address, allow_redirects=False, **options)
            while page.status_code in (302, 303) and not page.headers["Location"].startswith(self.back):
                page = browser.get(urljoin(page.url, page.headers["Location"]), allow_redirects=False)
            if page.url.startswith(self.cloud.gateway):
                return page

    def signed_in(self, name: str, person: str) -> dict[str, Any]:
        """Sign in; returns the claims of the token that the client gets."""
        browser = self.browser()
        back = returned(self.answered(browser, self.begun(browser, name), person))
        assert set(back) == {"code", "state"}
        assert self.token(code=back["code"], code_verifier="another").status_code == 400
        tokens = self.token(code=back["code"], code_verifier=self.verifier)
        assert tokens.status_code == 200, tokens.text
        return read(tokens.json()["id_token"])


def provider(kind: str, details: dict[str, str]) -> dict[str, Any]:
    return made(
        "AWS::Cognito::UserPoolIdentityProvider",
        UserPoolId=ref("Pool"),
        ProviderName={"OIDC": "Company", "SAML": "Partner"}[kind],
        ProviderType=kind,
        ProviderDetails=details,
        AttributeMapping={"email": "email", "custom:groups": "groups"},
    )


def oidc_details(providers: IdentityProviders) -> dict[str, str]:
    return {
        "oidc_issuer": providers.issuer,
        "client_id": providers.client_id,
        "client_secret": providers.client_secret,
        "authorize_scopes": "openid email profile",
        "attributes_request_method": "GET",
    }


def federated(providers: IdentityProviders) -> dict[str, Any]:
    resources = parts(PREFIX)
    resources["Pool"]["Properties"]["Schema"] = [
        {
            "Name": "groups",
            "AttributeDataType": "String",
            "Mutable": True,
            "StringAttributeConstraints": {"MaxLength": "2048"},
        }
    ]
    resources["Company"] = provider("OIDC", oidc_details(providers))
    resources["Partner"] = provider("SAML", {"MetadataURL": providers.metadata_url})
    resources["Client"]["Properties"] |= {
        "SupportedIdentityProviders": ["COGNITO", "Company", "Partner"],
        "WriteAttributes": ["email", "custom:groups"],
    }
    resources["Client"]["DependsOn"] = ["Company", "Partner"]
    return resources


@pytest.fixture(scope="module")
def pool(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federated]:
    domain = f"{cloud.gateway}/_aws/{PREFIX}.auth.us-east-1.amazoncognito.com"
    tls = Path(cloud.bundle).parent
    work = tmp_path_factory.mktemp("providers")
    with providing(domain, {**PEOPLE, **FAULTS}, (tls / "server.pem", tls / "server.key"), work) as providers:
        stack = cloud.deploy(federated(providers), OUTPUTS)
        settled = stack.settled()
        assert settled["StackStatus"] == "CREATE_COMPLETE", stack.reasons()
        yield Federated(cloud, stack, settled["values"], providers)
        stack.delete()


@pytest.mark.parametrize(
    ("name", "person", "groups"),
    [
        ("Company", "ada", '["staff","people team"]'),
        ("Partner", "ada", "[staff, people team]"),
        ("Partner", "grace", "guests"),
    ],
)
def test_a_person_of_a_provider_signs_in(pool: Federated, name: str, person: str, groups: str) -> None:
    claims = pool.signed_in(name, person)
    assert claims["cognito:username"] == f"{name}_{person}"
    assert (claims["email"], claims["custom:groups"]) == (PEOPLE[person]["email"], groups)
    assert claims["cognito:groups"] == [f"{pool.values['Pool']}_{name}"]
    [identity] = claims["identities"]
    assert (identity["providerName"], identity["userId"]) == (name, person)
    # The pool stores no other claim of the provider.
    user = pool.cloud.client("cognito-idp").admin_get_user(UserPoolId=pool.values["Pool"], Username=f"{name}_{person}")
    assert {attribute["Name"] for attribute in user["UserAttributes"]} == {
        "sub",
        "email",
        "custom:groups",
        "identities",
    }
    assert user["UserStatus"] == "EXTERNAL_PROVIDER"
    # The next sign-in is of the same user, with the provider's new claims.
    assert pool.signed_in(name, person)["sub"] == claims["sub"]


def test_no_password_signs_a_person_of_a_provider_in(pool: Federated) -> None:
    pool.signed_in("Company", "grace")
    given = {"USERNAME": "Company_grace", "PASSWORD": "Any-password-1"}
    with pytest.raises(ClientError, match="Incorrect username or password"):
        pool.cloud.client("cognito-idp").initiate_auth(
            ClientId=pool.values["Client"], AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given
        )


def refusal(pool: Federated, name: str, person: str) -> dict[str, str]:
    browser = pool.browser()
    return returned(pool.answered(browser, pool.begun(browser, name), person))


@pytest.mark.parametrize("fault", sorted(OF_TOKENS))
def test_a_wrong_token_is_refused(pool: Federated, fault: str) -> None:
    back = refusal(pool, "Company", fault)
    assert (back["error"], set(back)) == ("invalid_request", {"error", "error_description", "state"})
    assert OF_TOKENS[fault] in back["error_description"]


@pytest.mark.parametrize("fault", sorted(OF_ASSERTIONS))
def test_a_wrong_assertion_is_refused(pool: Federated, fault: str) -> None:
    back = refusal(pool, "Partner", fault)
    assert (back["error"], set(back)) == ("server_error", {"error", "error_description", "state"})
    assert back["error_description"].startswith("Invalid SAML response received: ")
    assert OF_ASSERTIONS[fault] in back["error_description"]


@pytest.mark.parametrize("name", ["Company", "Partner"])
def test_more_groups_than_an_attribute_holds_are_refused(pool: Federated, name: str) -> None:
    assert (
        "custom:groups: String cannot be longer than 2048 characters"
        in refusal(pool, name, "crowd")["error_description"]
    )


@pytest.mark.parametrize("name", ["Company", "Partner"])
def test_an_answer_is_good_once_in_the_browser_that_asked(pool: Federated, name: str) -> None:
    browser = pool.browser()
    answer = pool.answered(browser, pool.begun(browser, name), "grace")
    assert "code" in returned(answer)
    sent = answer.request
    assert sent.method
    assert sent.url
    for again in (browser, pool.browser()):
        refused = again.request(
            sent.method, sent.url, data=sent.body, headers={"Content-Type": FORM}, allow_redirects=False
        )
        assert (refused.status_code, "Begin the sign-in again" in refused.text) == (400, True)


@pytest.mark.parametrize("name", ["Company", "Partner"])
def test_an_answer_in_another_browser_is_refused(pool: Federated, name: str) -> None:
    browser = pool.browser()
    first = pool.begun(browser, name)
    browser.cookies.pop("csrf-state")
    refused = pool.answered(browser, first, "grace")
    assert (refused.status_code, "Begin the sign-in again" in refused.text) == (400, True)


def test_whoever_refuses_consent_comes_back_with_the_reason(pool: Federated) -> None:
    browser = pool.browser()
    page = pool.begun(browser, "Company")
    [abort] = re.findall(r'<a href="([^"]+)">\[ Cancel \]', page.text)
    page = browser.get(urljoin(page.url, abort), allow_redirects=False)
    while not page.headers["Location"].startswith(pool.back):
        page = browser.get(urljoin(page.url, page.headers["Location"]), allow_redirects=False)
    assert "aborted" in returned(page)["error_description"]


def test_the_pool_knows_the_person_until_they_sign_out(pool: Federated) -> None:
    browser = pool.browser()
    pool.answered(browser, pool.begun(browser, "Partner"), "grace")
    assert "code" in returned(pool.authorize(browser, verifier_and_challenge()[1]))
    out = {"client_id": pool.values["Client"], "logout_uri": pool.back}
    browser.get(f"{pool.values['SignIn']}/logout", params=out, allow_redirects=False)
    assert "<form" in pool.authorize(browser, verifier_and_challenge()[1]).text


def test_a_client_leads_to_its_own_providers_alone(pool: Federated) -> None:
    answer = pool.authorize(pool.browser(), verifier_and_challenge()[1], identity_provider="Another")
    assert (answer.status_code, "no identity provider" in answer.text) == (400, True)
    own = pool.authorize(pool.browser(), verifier_and_challenge()[1], identity_provider="COGNITO")
    assert 'name="username"' in own.text


def test_the_pool_shows_what_it_has_found(pool: Federated) -> None:
    idp, at = pool.cloud.client("cognito-idp"), pool.providers.issuer
    described = {
        name: idp.describe_identity_provider(UserPoolId=pool.values["Pool"], ProviderName=name)["IdentityProvider"]
        for name in ("Company", "Partner")
    }
    assert described["Company"]["ProviderDetails"] == {
        **oidc_details(pool.providers),
        "authorize_url": f"{at}/auth",
        "token_url": f"{at}/token",
        "attributes_url": f"{at}/me",
        "jwks_uri": f"{at}/jwks",
        "attributes_url_add_attributes": "false",
    }
    assert described["Partner"]["ProviderDetails"] == {
        "MetadataURL": pool.providers.metadata_url,
        "SSORedirectBindingURI": f"{at}/saml/sso",
    }


@pytest.mark.parametrize(
    ("kind", "details", "reason"),
    [
        ("OIDC", {"oidc_issuer": "https://127.0.0.1:1"}, "asked for its metadata and gave none"),
        ("SAML", {"MetadataURL": "https://127.0.0.1:1/metadata"}, "cannot be read"),
        ("SAML", {"MetadataURL": "http://127.0.0.1:1/metadata"}, "neither MetadataFile nor an https address"),
        ("SAML", {"MetadataFile": "<html/>"}, "name no entity"),
    ],
)
def test_a_provider_that_cannot_be_read_is_not_made(
    pool: Federated, kind: str, details: dict[str, str], reason: str
) -> None:
    with pytest.raises(ClientError, match=reason):
        pool.cloud.client("cognito-idp").create_identity_provider(
            UserPoolId=pool.values["Pool"], ProviderName="Third", ProviderType=kind, ProviderDetails=details
        )


def test_a_mapping_to_an_attribute_that_the_pool_lacks_is_refused(pool: Federated) -> None:
    with pytest.raises(ClientError, match="no attribute custom:team"):
        pool.cloud.client("cognito-idp").update_identity_provider(
            UserPoolId=pool.values["Pool"], ProviderName="Company", AttributeMapping={"custom:team": "team"}
        )
