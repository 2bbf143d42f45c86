"""The assistant's stack: who signs in, and how."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.synth import assistant_templates
from tests.synth.assistant_templates import OPEN, Flat, OfType, Other, Template, Templates, only

domain = assistant_templates.domain
other = assistant_templates.other
methods = assistant_templates.methods


def test_only_the_pages_client_signs_people_in(domain: Template, other: Other, of_type: OfType) -> None:
    authorizer = only(domain, "AWS::ApiGateway::Authorizer")["Properties"]
    (client,) = of_type(domain, "AWS::Cognito::UserPoolClient")
    assert authorizer["IdentityValidationExpression"] == {"Ref": client}
    template = other("sandbox", assistant={"page": False})
    assert of_type(template, "AWS::Cognito::UserPoolClient") == {}
    assert "IdentityValidationExpression" not in only(template, "AWS::ApiGateway::Authorizer")["Properties"]


def test_signed_requests_instead_of_people(other: Other, methods: Any, of_type: OfType) -> None:
    template = other("sandbox", assistant={"sign_in": "iam", "page": False})
    assert {method["AuthorizationType"] for method in methods(template).values()} == {"AWS_IAM"}
    assert not [path for _, path in methods(template) if path.startswith("/rag")]
    assert of_type(template, "AWS::Cognito") == {}
    assert not {"PageUrl", "UserPoolId", "UserPoolClientId", "ApiKeyId"} & set(template["Outputs"])
    assert len(of_type(template, "AWS::Lambda::Function")) == 2


def test_keys_instead_of_people(other: Other, methods: Any, of_type: OfType) -> None:
    template = other("sandbox", assistant={"sign_in": "api-key", "throttle": {"rate": 3, "burst": 5}})
    routes = {route for route, method in methods(template).items() if method.get("ApiKeyRequired")}
    assert set(methods(template)) - routes == OPEN
    plan = only(template, "AWS::ApiGateway::UsagePlan")
    (key,) = of_type(template, "AWS::ApiGateway::ApiKey")
    assert plan["Properties"]["Throttle"] == {"BurstLimit": 5, "RateLimit": 3}
    assert template["Outputs"]["ApiKeyId"]["Value"] == {"Ref": key}
    assert "Value" not in template["Resources"][key]["Properties"]
    assert of_type(template, "AWS::Cognito") == {}


def test_each_name_of_a_key_is_a_key_with_a_role(other: Other, of_type: OfType, flat: Flat) -> None:
    access = {"editors": ["load"], "owners": ["all"], "groups": {"hr": ["load", "people"]}}
    template = other("sandbox", assistant={"sign_in": "api-key", "access": access})
    keys = of_type(template, "AWS::ApiGateway::ApiKey")
    assert len(keys) == len(of_type(template, "AWS::ApiGateway::UsagePlanKey")) == 4
    assert not any("Value" in template["Resources"][key]["Properties"] for key in keys)
    named = json.loads(flat(template["Outputs"]["ApiKeys"]["Value"]))
    assert set(named) == {"load", "all", "people"}
    for function in of_type(template, "AWS::Lambda::Function").values():
        variables = function["Properties"]["Environment"]["Variables"]
        if "ASSISTANT" in variables:
            settings = json.loads(flat(variables["ASSISTANT"]))["access"]
            assert settings == {**access, "keys": [[id, name] for name, id in named.items()]}


def test_nothing_is_told_of_access_where_nothing_is_set(domain: Template, of_type: OfType, flat: Flat) -> None:
    for function in of_type(domain, "AWS::Lambda::Function").values():
        assert "access" not in json.loads(
            flat(function["Properties"]["Environment"]["Variables"].get("ASSISTANT", "{}"))
        )


def test_people_sign_in_by_what_the_company_has(
    other: Other, of_type: OfType, flat: Flat, cfn_lint: Callable[..., str]
) -> None:
    """Their groups are in an attribute that only the pool writes: no person can change it with a token."""
    oidc = {"issuer": "https://login.example.com/t", "client_id": "c", "secret": {"name": "osml/dev/sign-in"}}
    providers = {
        "Corporate": {**oidc, "groups": "groups"},
        "Okta": {"metadata_url": "https://okta.example.com/m.xml", "email": "mail"},
    }
    template = other("sandbox", assistant={"providers": providers, "access": {"others": "nobody", "editors": ["g-1"]}})
    made = {
        resource["Properties"]["ProviderName"]: resource["Properties"]
        for resource in of_type(template, "AWS::Cognito::UserPoolIdentityProvider").values()
    }
    assert {name: value["ProviderType"] for name, value in made.items()} == {"Corporate": "OIDC", "Okta": "SAML"}
    assert made["Corporate"]["AttributeMapping"] == {"email": "email", "custom:groups": "groups"}
    assert made["Okta"]["AttributeMapping"] == {"email": "mail"}
    secret = flat(made["Corporate"]["ProviderDetails"]["client_secret"])
    assert secret.startswith("{{resolve:secretsmanager:")
    assert secret.endswith("osml/dev/sign-in:SecretString:client_secret::}}")
    client = only(template, "AWS::Cognito::UserPoolClient")["Properties"]
    assert client["SupportedIdentityProviders"] == ["COGNITO", "Corporate", "Okta"]
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["AllowedOAuthScopes"] == ["openid"]
    assert set(client["ReadAttributes"]) == set(client["WriteAttributes"]) == {"email", "custom:groups"}
    pool = only(template, "AWS::Cognito::UserPool")["Properties"]
    assert "groups" in [attribute["Name"] for attribute in pool["Schema"]]
    for function in of_type(template, "AWS::Lambda::Function").values():
        variables = function["Properties"]["Environment"]["Variables"]
        if "ASSISTANT" in variables:
            access = {"others": "nobody", "editors": ["g-1"], "group_attribute": "custom:groups"}
            assert json.loads(flat(variables["ASSISTANT"]))["access"] == access
    assert cfn_lint([{"osml-sandbox-assistant": template}]) == ""


def test_no_client_gives_a_token_with_which_people_choose_their_groups(other: Other, of_type: OfType) -> None:
    oidc = {"issuer": "https://login.example.com/t", "client_id": "c", "secret": {"name": "osml/dev/sign-in"}}
    assistant = {
        "providers": {"Corporate": {**oidc, "groups": "groups"}},
        "agents": {"callbacks": ["http://localhost:3334/callback"]},
    }
    clients = of_type(other("sandbox", assistant=assistant), "AWS::Cognito::UserPoolClient")
    assert len(clients) == 2
    for name, client in clients.items():
        # Cognito allows SRP where no flows are named, and a token of SRP may write the person's attributes.
        assert client["Properties"].get("ExplicitAuthFlows") == ["ALLOW_REFRESH_TOKEN_AUTH"], name
        assert "aws.cognito.signin.user.admin" not in client["Properties"]["AllowedOAuthScopes"], name


def test_people_are_invited_and_come_back_to_the_page(domain: Template, flat: Flat) -> None:
    pool = only(domain, "AWS::Cognito::UserPool")["Properties"]
    page = flat(domain["Outputs"]["PageUrl"]["Value"])
    assert page == "https://<ApiCD79AAA0>.execute-api.<AWS::Region>.<AWS::URLSuffix>/sandbox/rag"
    invited = flat(pool["AdminCreateUserConfig"])
    assert invited["AllowAdminCreateUserOnly"] is True
    message = invited["InviteMessageTemplate"]["EmailMessage"]
    # Cognito refuses a mail without the two placeholders, and one that is longer than 20,000 characters.
    assert [message.count(part) for part in (page, "{username}", "{####}")] == [1, 1, 1]
    assert pool["MfaConfiguration"] == "OFF"
    properties = flat(only(domain, "AWS::Cognito::UserPoolClient")["Properties"])
    assert (properties["CallbackURLs"], properties["LogoutURLs"]) == ([page], [page])
    assert properties["EnableTokenRevocation"] is True
    assert (properties["AllowedOAuthFlows"], properties["GenerateSecret"]) == (["code"], False)
    address = only(domain, "AWS::Cognito::UserPoolDomain")
    assert flat(address["Properties"]["Domain"]) == "osml-sandbox-<AWS::AccountId>"
    branding = only(domain, "AWS::Cognito::ManagedLoginBranding")
    assert branding["Properties"]["UseCognitoProvidedValues"] is True


def test_production_keeps_its_people_and_may_restore_conversations(
    templates: Callable[[str], Templates], other: Other
) -> None:
    pool = only(templates("prod")["osml-prod-assistant"], "AWS::Cognito::UserPool")
    assert (pool["DeletionPolicy"], pool["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    kept = other("sandbox-aoss", search={"kind": "serverless", "removal": "retain"})
    table = only(kept, "AWS::DynamoDB::Table")
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["Properties"]["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}


def test_the_page_may_have_other_addresses_and_everybody_a_second_factor(other: Other, flat: Flat) -> None:
    mine, more = "https://help.example.com/rag", "https://example.org:8443/tools/rag"
    template = other("sandbox", assistant={"addresses": [mine, more], "second_factor": True})
    page = flat(template["Outputs"]["PageUrl"]["Value"])
    client = flat(only(template, "AWS::Cognito::UserPoolClient")["Properties"])
    assert client["CallbackURLs"] == client["LogoutURLs"] == [page, mine, more]
    pool = flat(only(template, "AWS::Cognito::UserPool")["Properties"])
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    message = pool["AdminCreateUserConfig"]["InviteMessageTemplate"]["EmailMessage"]
    assert mine in message
    assert page not in message
    all_variables = [
        resource["Properties"]["Environment"]["Variables"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    ]
    [addresses] = [item["ADDRESSES"] for item in all_variables if "ADDRESSES" in item]
    assert addresses == f"{mine} {more}"


def test_a_person_may_set_up_a_second_factor_of_their_own(other: Other, flat: Flat) -> None:
    template = other("sandbox", assistant={"second_factor": "optional"})
    pool = flat(only(template, "AWS::Cognito::UserPool")["Properties"])
    assert (pool["MfaConfiguration"], pool["EnabledMfas"]) == ("OPTIONAL", ["SOFTWARE_TOKEN_MFA"])
    client = only(template, "AWS::Cognito::UserPoolClient")["Properties"]
    assert client["AllowedOAuthScopes"] == ["openid", "aws.cognito.signin.user.admin"]
    all_variables = [
        flat(resource["Properties"]["Environment"]["Variables"])
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function"
    ]
    [api] = [variables["POOL_API"] for variables in all_variables if "POOL_API" in variables]
    assert api == "https://cognito-idp.<AWS::Region>.<AWS::URLSuffix>/"
    for setting in ("off", False):
        off = other("sandbox", assistant={"second_factor": setting})
        assert only(off, "AWS::Cognito::UserPool")["Properties"]["MfaConfiguration"] == "OFF"
        assert only(off, "AWS::Cognito::UserPoolClient")["Properties"]["AllowedOAuthScopes"] == ["openid"]


@pytest.mark.parametrize(
    ("assistant", "said"),
    [
        ({"vpc_endpoints": ["vpce-0a1b2c3d4e5f60718"], "firewall": {}}, "firewall is for a public one"),
        ({"vpc_endpoints": ["vpce-0a1b2c3d4e5f60718"], "sign_in": "iam", "page": False}, "every identity"),
        ({"second_factor": "optional", "page": False}, "people set it up on the page"),
        (
            {
                "second_factor": "optional",
                "providers": {"Company": {"metadata_url": "https://login.example.com/m.xml", "groups": "groups"}},
            },
            "write their own groups",
        ),
        ({"addresses": ["https://help.example.com"]}, "assistant.addresses"),
        ({"addresses": ["http://help.example.com/rag"]}, "assistant.addresses"),
        ({"addresses": ["https://help.example.com/rag"], "sign_in": "api-key"}, "addresses is for people who sign in"),
        ({"second_factor": True, "sign_in": "api-key"}, "second_factor is for people who sign in"),
    ],
)
def test_addresses_and_factors_that_nobody_could_use(other: Other, assistant: dict[str, Any], said: str) -> None:
    from settings import SettingError

    with pytest.raises(SettingError, match=said):
        other("sandbox", assistant=assistant)


def test_tokens_of_another_issuer_are_checked_by_a_function(other: Other, methods: Any, of_type: OfType) -> None:
    issuer = {"url": "https://login.example.com/tenant", "audience": "api://knowledge"}
    template = other("sandbox", assistant={"sign_in": "jwt", "page": False, "issuer": issuer})
    (authorizer,) = of_type(template, "AWS::ApiGateway::Authorizer").values()
    assert authorizer["Properties"]["Type"] == "TOKEN"
    assert authorizer["Properties"]["AuthorizerResultTtlInSeconds"] == 300
    assert {value["AuthorizationType"] for value in methods(template).values()} == {"CUSTOM"}
    (variables,) = (
        made["Properties"]["Environment"]["Variables"]
        for name, made in of_type(template, "AWS::Lambda::Function").items()
        if name.startswith("Authorize")
    )
    assert variables == {"ISSUER": issuer["url"], "AUDIENCE": issuer["audience"], "GROUPS": "groups"}
    assert of_type(template, "AWS::Cognito::UserPool") == {}
