"""An environment that is a guest on the search domain of another team."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox.instance import ACCOUNT, Instance
from tests.e2e.neighbours import write_environment
from tests.e2e.templates import Deployment
from tests.shown.blocks import block

QUESTION = "How fast did Austin grow between 2020 and 2023?"
SETTING = "plugins.ml_commons.trusted_connector_endpoints_regex"


def role(name: str, trust: dict[str, Any], statements: list[dict[str, Any]]) -> str:
    """Make an IAM role; returns its ARN."""
    iam = boto3.client("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=policy)
    return str(arn)


@pytest.fixture(scope="module")
def team(local_cloud: Instance, directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The other team's domain; none of its objects is the guest's."""
    write_environment(directory, "team")
    with Deployment("team", directory, local_cloud, tmp_path_factory.mktemp("team")) as deployment:
        deployment.deploy("search")
        yield boto3.client("opensearch").describe_domain(DomainName="osml-team")["DomainStatus"]


@pytest.fixture(scope="module")
def admin(team: Any, engine: Any) -> Iterator[str]:
    """A role that may only change role mappings on the domain; it trusts the guest by name."""
    # A condition names the guest's role, so the trust holds before that role exists and after it is made again. IAM
    # would store a principal that is a role by its id.
    provisioner = f"arn:aws:iam::{ACCOUNT}:role/osml-guest-provisioner"
    written = block("docs/targets.md", "json").text
    trust = json.loads(written.replace("111122223333", ACCOUNT).replace("<env>", "guest"))
    assert trust["Condition"]["ArnEquals"]["aws:PrincipalArn"] == provisioner
    security = {"Effect": "Allow", "Action": "es:ESHttp*", "Resource": f"{team['ARN']}/_plugins/_security/*"}
    arn = role("search-admin", trust, [security])
    path = "/_plugins/_security/api/rolesmapping/security_manager"
    roles = engine("GET", path)["security_manager"]["backend_roles"]
    engine("PATCH", path, [{"op": "replace", "path": "/backend_roles", "value": [*roles, arn]}])
    yield arn
    engine("PATCH", path, [{"op": "replace", "path": "/backend_roles", "value": roles}])
    boto3.client("iam").delete_role_policy(RoleName="search-admin", PolicyName="all")
    boto3.client("iam").delete_role(RoleName="search-admin")


@pytest.fixture(scope="module")
def before(foreign: dict[str, Any], admin: str, engine: Any) -> dict[str, Any]:
    contents: dict[str, Any] = engine.contents()
    return contents


@pytest.fixture(scope="module")
def guest(
    local_cloud: Instance,
    directory: Path,
    tmp_path_factory: pytest.TempPathFactory,
    team: Any,
    admin: str,
    before: dict[str, Any],
    key: str,
) -> Iterator[Deployment]:
    search = {
        "kind": "existing",
        "endpoint": f"https://{team['Endpoint']}",
        "domain_arn": team["ARN"],
        "admin_role": admin,
    }
    write_environment(directory, "guest", search, "guests")
    with Deployment("guest", directory, local_cloud, tmp_path_factory.mktemp("guest")) as deployment:
        deployment.deploy()
        yield deployment


def test_a_guest_of_a_domain_gets_answers_from_its_own_documents(guest: Deployment) -> None:
    guest.ingest()
    answer = guest.ask(QUESTION)
    assert answer.sources[0].id == "austin"
    assert "stand-in" in str(answer.answer)


def test_no_domain_was_made(guest: Deployment) -> None:
    resources = boto3.client("cloudformation").list_stack_resources(StackName="osml-guest-search")
    types = {summary["ResourceType"] for summary in resources["StackResourceSummaries"]}
    assert "AWS::Lambda::Function" in types
    assert "AWS::OpenSearchService::Domain" not in types


def test_destroy_leaves_the_domain_as_it_was(guest: Deployment, before: dict[str, Any], engine: Any, team: Any) -> None:
    assert engine.contents() != before
    guest.destroy()
    assert engine.contents() == before
    settings = engine("GET", "/_cluster/settings?flat_settings=true")["persistent"].get(SETTING, [])
    assert [entry for entry in settings if "osml" in entry and "guest" in entry] == []
    still = boto3.client("opensearch").describe_domain(DomainName="osml-team")["DomainStatus"]
    assert still["Endpoint"] == team["Endpoint"]
    assert still["AdvancedSecurityOptions"] == team["AdvancedSecurityOptions"]
