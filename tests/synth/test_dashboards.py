"""Sign-in to Dashboards: the domain's settings, whom it admits, and what the service may do to the pools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Templates = dict[str, dict[str, Any]]
OfType = Callable[..., dict[str, Any]]
HERE = Path(__file__).parent / "environments"
ROLE = "arn:aws:iam::111122223333:role/Dashboards"
IDENTITIES = "us-east-1:01234567-89ab-cdef-0123-456789abcdef"


@pytest.fixture(scope="module")
def search(synthesize: Callable[..., Templates]) -> dict[str, Any]:
    return synthesize("vpc", HERE)["osml-vpc-search"]


def test_the_domain_signs_people_in_by_the_pools_of_the_file(search: dict[str, Any], of_type: OfType) -> None:
    [domain] = of_type(search, "AWS::OpenSearchService::Domain").values()
    options = dict(domain["Properties"]["CognitoOptions"])
    role, _ = options.pop("RoleArn")["Fn::GetAtt"]
    assert options == {"Enabled": True, "UserPoolId": "us-east-1_AbCdEfGhI", "IdentityPoolId": IDENTITIES}
    assert search["Resources"][role]["DeletionPolicy"] == "RetainExceptOnCreate"
    assert search["Outputs"]["DashboardsUrl"]


def test_people_are_admitted_as_their_role_and_nobody_unsigned(search: dict[str, Any], of_type: OfType) -> None:
    [domain] = of_type(search, "AWS::OpenSearchService::Domain").values()
    [statement] = domain["Properties"]["AccessPolicies"]["Statement"]
    people, account = statement["Principal"]["AWS"]
    assert people == ROLE
    assert ":root" in str(account)


def test_the_service_may_change_these_two_pools_and_pass_this_role(
    search: dict[str, Any], of_type: OfType, flat: Callable[[Any], Any]
) -> None:
    roles = of_type(search, "AWS::IAM::Role")
    [role] = [role["Properties"] for name, role in roles.items() if "DashboardsRole" in name]
    [trust] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "opensearchservice.amazonaws.com"}
    assert "ManagedPolicyArns" not in role
    [policy] = role["Policies"]
    allowed = {
        str(flat(statement["Resource"])): statement["Action"] for statement in policy["PolicyDocument"]["Statement"]
    }
    users, identities, people = sorted(allowed, key=lambda arn: ("userpool" not in arn, "identitypool" not in arn))
    assert users.endswith(":userpool/us-east-1_AbCdEfGhI")
    assert "cognito-idp:CreateUserPoolClient" in allowed[users]
    assert identities.endswith(f":identitypool/{IDENTITIES}")
    assert "cognito-identity:UpdateIdentityPool" in allowed[identities]
    assert (people, allowed[people]) == (ROLE, "iam:PassRole")


def test_without_the_setting_nothing_of_it_is_there(synthesize: Callable[..., Templates], of_type: OfType) -> None:
    [domain] = of_type(synthesize("dev")["osml-dev-search"], "AWS::OpenSearchService::Domain").values()
    assert "CognitoOptions" not in domain["Properties"]
