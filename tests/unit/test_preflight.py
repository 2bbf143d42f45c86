"""Checks before a deploy: AWS's answers, and the findings of each check."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from osml import main as command_line
from osml.deploy import neighbours
from osml.deploy.deployment import Deployment
from osml.deploy.kept import Kept
from osml.doctor.checks.complaints import FIXES, complaint
from osml.doctor.finding import Finding
from osml.failure import Failure
from osml.place import Place
from osml.preflight import preflight
from osml.preflight.check import Seen
from osml.preflight.checks import CHECKS
from osml.preflight.context import PreflightContext
from osml.remote.identity import Identity
from tests.unit.preflight_answers import (
    ACCOUNT,
    CALLER,
    EXECUTION,
    LIMITS,
    LOGS,
    PARAMETER,
    REGION,
    ROLE,
    ROOM,
    Answer,
    Session,
    key,
    key_policy,
    limit,
    policies,
    quota,
    simulated,
    version,
)

SEARCH = {
    "kind": "domain",
    "engine_version": "OpenSearch_3.5",
    "vector_engine": "faiss",
    "data_nodes": {"instance_type": "r7g.large.search", "count": 1},
    "volume": {"size": 20},
    "removal": "destroy",
}
STACK = "osml-dev-search"
DOMAIN: dict[str, Any] = {
    "Type": "AWS::OpenSearchService::Domain",
    "Properties": {"DomainName": "osml-dev", "ClusterConfig": {"InstanceCount": 1}},
}
MANIFEST = {
    "artifacts": {
        STACK: {
            "type": "aws:cloudformation:stack",
            "properties": {
                "requiresBootstrapStackVersion": 6,
                "bootstrapStackVersionSsmParameter": PARAMETER,
                "assumeRoleArn": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/cdk-deploy",
                "cloudFormationExecutionRoleArn": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/cdk-exec",
            },
        }
    }
}


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opened: ExitStack) -> Any:
    """The findings of one check, from the settings, AWS's answers, and the templates."""
    monkeypatch.setenv("OSML_ENVIRONMENTS", str(tmp_path))
    monkeypatch.setattr(neighbours, "require_apart", lambda _: None)
    monkeypatch.setattr("osml.preflight.checks.names.require_apart", lambda _: None)

    def look(
        name: str,
        *answers: Answer,
        search: Mapping[str, Any] | None = None,
        resources: Mapping[str, Any] | None = None,
        created: Mapping[str, set[str]] | None = None,
        kept: Mapping[str, list[Kept]] | None = None,
        **settings: Any,
    ) -> list[Finding]:
        body = {
            "recipe": "semantic-search",
            "region": REGION,
            "search": {**SEARCH, **(search or {})},
            "embedding": {"provider": "titan", "dimension": 512},
            **settings,
        }
        (tmp_path / "dev.yaml").write_text(yaml.safe_dump(body))
        (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
        place = Place("dev", None)
        deployment = Deployment(place, [])
        deployment.__dict__["assembly"] = tmp_path
        context = PreflightContext(place, deployment)
        context.__dict__.update(
            session=Session(list(answers), opened),
            caller=Identity(ACCOUNT, CALLER),
            templates={STACK: resources or {"Domain": DOMAIN}},
            created=created or {},
            kept=kept or {},
        )
        return list(preflight.findings(context, [check for check in CHECKS if check.__name__.endswith(f".{name}")]))  # type: ignore[attr-defined]

    return look


def states(findings: list[Finding]) -> list[tuple[str, str | None]]:
    return [(finding.state, finding.complaint) for finding in findings]


LOG_POLICY = {"Type": "AWS::Logs::ResourcePolicy", "Properties": {"PolicyName": "osml-dev-logs"}}
RESERVED = {"Type": "AWS::Lambda::Function", "Properties": {"ReservedConcurrentExecutions": 20}}
ENCRYPTED = {"encryption": {"key": "alias/osml"}}
VPC = {
    "vpc": {
        "id": "vpc-0123456789abcdef0",
        "subnets": ["subnet-0123456789abcdef0"],
        "availability_zones": ["us-east-1a"],
    }
}
CASES: list[tuple[str, list[Answer], dict[str, Any], list[tuple[str, str | None]]]] = [
    ("bootstrap", [version("33")], {}, [("ok", None)]),
    ("bootstrap", [version("5")], {}, [("failed", "not-bootstrapped")]),
    ("bootstrap", [("ssm", "get_parameter", "ParameterNotFound")], {}, [("failed", "not-bootstrapped")]),
    ("bootstrap", [("ssm", "get_parameter", "AccessDeniedException")], {}, [("unchecked", None)]),
    ("concurrency", [], {}, [("skipped", None)]),
    ("concurrency", [limit(1000, 900)], {"assistant": {}}, [("ok", None)]),
    ("concurrency", [limit(10, 10)], {"assistant": {}}, [("noted", "concurrency-too-low")]),
    (
        "concurrency",
        [limit(1000, 110)],
        {"assistant": {"concurrency": 20}, "resources": {"Ask": RESERVED}},
        [("failed", "concurrency-too-low")],
    ),
    ("instances", [("opensearch", "describe_instance_type_limits", {"LimitsByRole": LIMITS})], {}, [("ok", None)]),
    (
        "instances",
        [("opensearch", "describe_instance_type_limits", {"LimitsByRole": LIMITS})],
        {"search": {"volume": {"size": 2048}}},
        [("failed", "instance-not-offered")],
    ),
    (
        "instances",
        [("opensearch", "describe_instance_type_limits", {"LimitsByRole": LIMITS})],
        {
            "search": {
                "volume": {"size": 20, "type": "gp2"},
                "data_nodes": {"instance_type": "r6g.large.search", "count": 1},
            }
        },
        [("failed", "instance-not-offered")],
    ),
    (
        "instances",
        [("opensearch", "describe_instance_type_limits", {"LimitsByRole": LIMITS})],
        {"search": {"data_nodes": {"instance_type": "r7g.large.search", "count": 11}}},
        [("failed", "instance-not-offered")],
    ),
    (
        "instances",
        [("opensearch", "describe_instance_type_limits", "ValidationException")],
        {},
        [("failed", "instance-not-offered")],
    ),
    (
        "instances",
        [("opensearch", "describe_instance_type_limits", "AccessDeniedException")],
        {},
        [("unchecked", None)],
    ),
    ("key", [], {}, [("skipped", None)]),
    ("key", [key(), key_policy(LOGS)], ENCRYPTED, [("ok", None)]),
    ("key", [key(), key_policy()], ENCRYPTED, [("failed", "key-unusable")]),
    ("key", [key("Disabled"), key_policy(LOGS)], ENCRYPTED, [("failed", "key-unusable")]),
    ("key", [key(spec="RSA_2048"), key_policy(LOGS)], ENCRYPTED, [("failed", "key-unusable"), ("ok", None)]),
    ("key", [("kms", "describe_key", "NotFoundException")], ENCRYPTED, [("failed", "key-unusable")]),
    (
        "key",
        [key(), key_policy(LOGS)],
        {**ENCRYPTED, "resources": {"Queue": {"Type": "AWS::SQS::Queue"}}},
        [("noted", "key-unusable")],
    ),
    ("key", [key(), ("kms", "get_key_policy", "AccessDeniedException")], ENCRYPTED, [("unchecked", None)]),
    ("log_policies", [policies(9)], {"resources": {"LogPolicy": LOG_POLICY}}, [("ok", None)]),
    ("log_policies", [policies(10)], {"resources": {"LogPolicy": LOG_POLICY}}, [("failed", "log-policies-full")]),
    (
        "log_policies",
        [policies(10)],
        {"resources": {"LogPolicy": LOG_POLICY}, "created": {STACK: {"LogPolicy"}}},
        [("ok", None)],
    ),
    ("log_policies", [policies(10)], {"search": {"log_policy": "exist"}}, [("failed", "log-policies-full")]),
    ("names", [("opensearch", "describe_domain", "ResourceNotFoundException")], {}, [("ok", None)]),
    ("names", [("opensearch", "describe_domain", "AccessDeniedException")], {}, [("unchecked", None)]),
    (
        "names",
        [
            (
                "opensearch",
                "describe_domain",
                {
                    "DomainStatus": {
                        "DomainId": "1/osml-dev",
                        "DomainName": "osml-dev",
                        "ARN": "a" * 20,
                        "ClusterConfig": {},
                    }
                },
            )
        ],
        {},
        [("failed", "name-taken"), ("ok", None)],
    ),
    ("names", [], {"kept": {STACK: [Kept("Domain", DOMAIN["Type"], "osml-dev")]}}, [("ok", None)]),
    ("names", [], {"created": {STACK: {"Domain"}}}, [("ok", None)]),
    (
        "permissions",
        [("iam", "get_role", {"Role": ROLE}), simulated(), ("iam", "get_role", {"Role": ROLE}), simulated()],
        {},
        [("ok", None), ("ok", None)],
    ),
    (
        "permissions",
        [
            ("iam", "get_role", {"Role": ROLE}),
            simulated(sts_AssumeRole="implicitDeny"),
            ("iam", "get_role", {"Role": ROLE}),
            simulated(es_CreateDomain="implicitDeny"),
            simulated(es_CreateDomain="implicitDeny"),
        ],
        {},
        [("failed", "deploy-not-allowed"), ("failed", "deploy-not-allowed")],
    ),
    (
        "permissions",
        [
            ("iam", "get_role", {"Role": ROLE}),
            simulated(),
            ("iam", "get_role", {"Role": ROLE}),
            simulated(es_CreateDomain="implicitDeny"),
            simulated(),
        ],
        {},
        [("ok", None), ("ok", None)],
    ),
    ("permissions", [("iam", "get_role", "AccessDenied")], {}, [("unchecked", None)]),
    ("quotas", [*ROOM, quota(100), quota(80)], {}, [("ok", None)] * 3),
    ("quotas", [*ROOM, quota(1), quota(80)], {}, [("ok", None), ("failed", "quota-exceeded"), ("ok", None)]),
    (
        "quotas",
        [
            *ROOM,
            ("service-quotas", "get_service_quota", "NoSuchResourceException"),
            ("service-quotas", "get_aws_default_service_quota", {"Quota": {"Value": 100}}),
            quota(80),
        ],
        {},
        [("ok", None)] * 3,
    ),
    ("quotas", [("iam", "get_account_summary", "AccessDenied")], {}, [("unchecked", None)]),
    ("service_roles", [], {}, [("skipped", None)]),
    ("service_roles", [("iam", "get_role", {"Role": ROLE})], {"search": VPC}, [("ok", None)]),
    ("service_roles", [("iam", "get_role", "NoSuchEntity")] * 2, {"search": VPC}, [("failed", "service-role-missing")]),
]


@pytest.mark.parametrize(("name", "answers", "given", "expected"), CASES)
def test_a_check_and_the_answers_of_aws(
    looked: Any, name: str, answers: list[Answer], given: dict[str, Any], expected: list[tuple[str, str | None]]
) -> None:
    observation = looked(name, *answers, **given)
    assert states(observation) == expected, observation
    assert all(
        finding.fix and finding.complaint in FIXES for finding in observation if finding.state in ("failed", "noted")
    )
    assert all(finding.seen.startswith("not checked: ") for finding in observation if finding.state == "unchecked")


def test_a_refusal_names_the_action_and_the_resource(looked: Any) -> None:
    answers = [
        ("iam", "get_role", {"Role": ROLE}),
        simulated(),
        ("iam", "get_role", {"Role": ROLE}),
        *[simulated(es_CreateDomain="explicitDeny")] * 2,
    ]
    (_, refused) = looked("permissions", *answers)
    assert f"{EXECUTION} may not do es:CreateDomain on arn:aws:es:us-east-1:{ACCOUNT}:domain/osml-dev" in refused.seen


def test_a_condition_that_iam_does_not_know_is_only_noted(looked: Any) -> None:
    results = {"EvalActionName": "es:CreateDomain", "EvalDecision": "implicitDeny", "MissingContextValues": ["aws:x"]}
    denied = ("iam", "simulate_principal_policy", {"EvaluationResults": [results], "IsTruncated": False})
    role = ("iam", "get_role", {"Role": ROLE})
    assert states(looked("permissions", role, simulated(), role, denied, denied))[1] == ("noted", "deploy-not-allowed")


def test_every_check_has_its_cases_and_a_title() -> None:
    names = {check.__name__.rpartition(".")[2] for check in CHECKS}  # type: ignore[attr-defined]
    # These three use the doctor's checks, whose own tests contain their cases.
    assert names - {case[0] for case in CASES} == {"end_of_life", "models", "secrets"}
    assert len({check.TITLE for check in CHECKS}) == len(CHECKS)
    assert {check.TITLE for check in CHECKS if not check.BEFORE_DEPLOY} == {
        "end of life",
        "quota and model access",
        "permissions",
        "keys of models",
    }


class Wrong:
    """A check that finds two faults."""

    TITLE = "wrong"

    def __init__(self, before_deploy: bool) -> None:
        self.BEFORE_DEPLOY = before_deploy

    @staticmethod
    def look(context: PreflightContext) -> Iterator[Seen]:
        for name in ("osml-a", "osml-b"):
            yield complaint(context.place, "name-taken", f"{name} exists already")


def test_a_deploy_stops_at_the_first_fault_and_counts_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place("dev", None)
    monkeypatch.setattr(preflight, "CHECKS", [Wrong(before_deploy=False)])
    preflight.require(place, Deployment(place, []))
    monkeypatch.setattr(preflight, "CHECKS", [Wrong(before_deploy=True)])
    with pytest.raises(
        Failure, match=r"Nothing was deployed: osml-a exists already\. .*--env dev` shows 1 more"
    ) as raised:
        preflight.require(place, Deployment(place, []))
    assert raised.value.cause == "name-taken"


def test_a_value_of_a_template_is_text_where_it_can_be(looked: Any, opened: ExitStack) -> None:
    context = PreflightContext(Place("dev", None))
    context.__dict__.update(session=Session([], opened), caller=Identity(ACCOUNT, CALLER))
    joined = {"Fn::Join": ["-", ["osml", {"Ref": "AWS::AccountId"}, {"Ref": "AWS::Region"}]]}
    assert context.named(joined) == f"osml-{ACCOUNT}-{REGION}"
    assert context.named({"Fn::Join": ["", ["a", {"Ref": "Bucket"}]]}) is None
    assert context.named({"Fn::GetAtt": ["Bucket", "Arn"]}) is None


def test_without_credentials_nothing_is_checked_and_the_exit_code_is_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setattr("sys.argv", ["osml", "preflight", "--env", "dev", "--json"])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert ended.value.code == 2
    assert json.loads(capsys.readouterr().out)["cause"] == "no-credentials"
