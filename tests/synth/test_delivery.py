"""The pipeline: its steps and their order, what its stages deploy, and what stops it."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

ROOT = Path(__file__).resolve().parents[2]
Template = dict[str, Any]
Templates = dict[str, Template]
CfnLint = Callable[..., str]
ENVIRONMENTS = Path(__file__).parent / "environments"
DELIVERY = yaml.safe_load((ROOT / "delivery.yaml").read_text())


def actions(template: Template) -> dict[str, list[str]]:
    """The names of the actions of each stage, in the order in which they run."""
    (pipeline,) = (
        resource for resource in template["Resources"].values() if resource["Type"] == "AWS::CodePipeline::Pipeline"
    )
    return {
        stage["Name"]: [action["Name"] for action in sorted(stage["Actions"], key=lambda action: action["RunOrder"])]
        for stage in pipeline["Properties"]["Stages"]
    }


def commands(template: Template, step: str) -> list[str]:
    """The commands of a step's build; the step is named by the last part of its description."""
    (project,) = (
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::CodeBuild::Project" and resource["Properties"]["Description"].endswith(f"/{step}")
    )
    phases = json.loads(project["Source"]["BuildSpec"])["phases"]
    return [command for phase in ("install", "build") for command in phases.get(phase, {}).get("commands", [])]


def test_stages_follow_one_another_and_each_ends_with_its_question(delivered: Templates) -> None:
    stages = actions(delivered["osml-delivery"])
    names = [stage["environment"] for stage in DELIVERY["stages"]]
    assert list(stages) == ["Source", "Build", "UpdatePipeline", "Assets", *names]
    for name in names:
        assert stages[name][-1] == f"Ask-{name}"
        assert f"osml-{name}-assistant.Deploy" == stages[name][-2]


def test_a_person_approves_production(delivered: Templates) -> None:
    stages = actions(delivered["osml-delivery"])
    assert [name for name, steps in stages.items() if "Approve" in str(steps)] == ["prod"]
    # The review comes before the approval.
    assert stages["prod"][:2] == ["Review-prod", "Approve-prod"]
    assert stages["dev"][0] == "Review-dev"


def test_a_stage_begins_with_a_review_by_the_lookup_role(delivered: Templates, flat: Callable[[Any], Any]) -> None:
    assert commands(delivered["osml-delivery"], "Review-qa")[-1] == "AWS_PROFILE=review .venv/bin/osml review --env qa"
    said = flat(delivered["osml-delivery"])
    (project,) = (
        resource["Properties"]
        for resource in said["Resources"].values()
        if resource["Type"] == "AWS::CodeBuild::Project"
        and resource["Properties"]["Description"].endswith("/Review-qa")
    )
    role = "cdk-hnb659fds-lookup-role-<AWS::AccountId>-<AWS::Region>"
    values_by_name = {
        variable["Name"]: variable["Value"] for variable in project["Environment"]["EnvironmentVariables"]
    }
    assert values_by_name == {"ROLE": f"arn:<AWS::Partition>:iam::<AWS::AccountId>:role/{role}"}


def test_a_review_in_another_account_takes_the_role_there(elsewhere: Templates) -> None:
    role = "222233334444:role/cdk-hnb659fds-lookup-role-222233334444-eu-central-1"
    policies = [
        resource["Properties"]["PolicyDocument"]["Statement"]
        for name, resource in elsewhere["osml-delivery"]["Resources"].items()
        if resource["Type"] == "AWS::IAM::Policy" and name.startswith("ReviewRole")
    ]
    assumed = [
        statement for statements in policies for statement in statements if statement["Action"] == "sts:AssumeRole"
    ]
    assert sum(role in str(item["Resource"]) for item in assumed) == 1


def test_the_profile_of_a_review_is_one_that_boto3_reads(
    delivered: Templates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from botocore.session import Session

    written = commands(delivered["osml-delivery"], "Review-qa")[-3:-1]
    role = "arn:aws:iam::111122223333:role/reads"
    subprocess.run(
        ["bash", "-ec", "\n".join(written)],
        env={"HOME": str(tmp_path), "ROLE": role, "PATH": "/usr/bin:/bin"},
        check=True,
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / ".aws" / "config"))
    profile = Session(profile="review").get_scoped_config()
    assert profile == {"role_arn": role, "credential_source": "EcsContainer"}


def test_synth_runs_the_tests_first(delivered: Templates) -> None:
    assert commands(delivered["osml-delivery"], "Synth") == [
        "make check",
        ".venv/bin/pytest -q tests/synth",
        'npx cdk synth --quiet --app ".venv/bin/python app.py" -c delivery=delivery.yaml',
    ]


def test_the_command_line_is_the_pinned_one(delivered: Templates) -> None:
    pinned = json.loads((ROOT / "package.json").read_text())["devDependencies"]["aws-cdk"]
    assert f"npm install -g aws-cdk@{pinned}" in commands(delivered["osml-delivery"], "SelfMutate")


def test_a_stage_deploys_what_the_environment_alone_deploys(
    delivered: Templates, templates: Callable[[str], Templates]
) -> None:
    for stage in DELIVERY["stages"]:
        for stack, template in templates(stage["environment"]).items():
            assert delivered[stack] == template, stack


def test_smoke_is_handed_what_it_asks_for(delivered: Templates) -> None:
    (pipeline,) = (
        resource
        for resource in delivered["osml-delivery"]["Resources"].values()
        if resource["Type"] == "AWS::CodePipeline::Pipeline"
    )
    stage = pipeline["Properties"]["Stages"][-1]
    ask = next(action for action in stage["Actions"] if action["Name"] == "Ask-prod")
    handed_on = {variable["name"] for variable in json.loads(ask["Configuration"]["EnvironmentVariables"])}
    said = [name for name in delivered["osml-prod-knowledge"]["Outputs"] if not name.startswith("Exports")]
    # What a stack is billed for is no part of a question.
    assert handed_on == {f"OSML_OUTPUT_{name}" for name in said if name != "Billed"}


def test_smoke_on_a_collection_is_handed_the_functions_too(tmp_path: Path, deliver: Callable[..., Templates]) -> None:
    settings = {**DELIVERY, "stages": [{"environment": "sandbox-aoss"}], "smoke": {"question": "Why?"}}
    (tmp_path / "collection.yaml").write_text(yaml.safe_dump(settings))
    template = deliver(str(tmp_path / "collection.yaml"))["osml-delivery"]
    (pipeline,) = (
        resource for resource in template["Resources"].values() if resource["Type"] == "AWS::CodePipeline::Pipeline"
    )
    ask = next(
        action for action in pipeline["Properties"]["Stages"][-1]["Actions"] if action["Name"] == "Ask-sandbox-aoss"
    )
    handed_on = {variable["name"] for variable in json.loads(ask["Configuration"]["EnvironmentVariables"])}
    assert handed_on >= {f"OSML_OUTPUT_{name}" for name in ("AskFunctionName", "DocumentsFunctionName", "IndexName")}


def test_smoke_may_become_the_operators_and_nobody_else(delivered: Templates, flat: Callable[[Any], Any]) -> None:
    policies = [
        statement
        for name, resource in delivered["osml-delivery"]["Resources"].items()
        if name.startswith("SmokeRoleDefaultPolicy")
        for statement in flat(resource["Properties"]["PolicyDocument"]["Statement"])
    ]
    (assume,) = (policy for policy in policies if policy["Action"] == "sts:AssumeRole")
    names = [resource.rpartition("/")[2] for resource in assume["Resource"]]
    assert len(names) == len(DELIVERY["stages"])
    for name, stage in zip(sorted(names), sorted(stage["environment"] for stage in DELIVERY["stages"]), strict=True):
        stack = f"osml-{stage}-search"
        (role,) = (resource for resource in delivered[stack]["Resources"] if resource.startswith("OperatorRole"))
        assert name in (f"{stack}-{role}-*", f"{stack}-{role.removesuffix('Policy')}-*")


def test_questions_reach_the_shell_unharmed(elsewhere: Templates) -> None:
    *_, ask, measure = commands(elsewhere["osml-delivery"], "Ask-dev")
    assert _arguments(ask) == ["smoke", "--env", "dev", "--expect", "it's 42", 'What does "$HOME; exit 0" say?']
    least = ["--least-faithfulness=0.9", "--least-citation-precision=0", "--least-citation-recall=0"]
    assert _arguments(measure) == ["evaluate", "--env", "dev", "--answers", *least, "our questions.ndjson"]


def _arguments(command: str) -> list[str]:
    script = command.replace(".venv/bin/osml", "printf '%s\\n'")
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout.splitlines()


def test_another_account_lets_the_smoke_step_in(elsewhere: Templates, flat: Callable[[Any], Any]) -> None:
    def trust(stack: str) -> list[Any]:
        (role,) = (
            resource
            for name, resource in elsewhere[stack]["Resources"].items()
            if name.startswith("OperatorRole") and resource["Type"] == "AWS::IAM::Role"
        )
        statements: list[Any] = flat(role["Properties"]["AssumeRolePolicyDocument"]["Statement"])
        return statements

    # Between two known accounts and regions, CDK writes the partition as text.
    smoke = "arn:aws:iam::111122223333:role/osml-delivery-smoke"
    assert len(trust("osml-dev-search")) == 1
    _, foreign = trust("osml-prod-search")
    assert foreign["Principal"] == {"AWS": "arn:aws:iam::111122223333:root"}
    assert foreign["Condition"] == {"ArnEquals": {"aws:PrincipalArn": smoke}}
    roles = [
        resource
        for resource in elsewhere["osml-delivery"]["Resources"].values()
        if resource["Type"] == "AWS::IAM::Role"
    ]
    assert "osml-delivery-smoke" in [role["Properties"].get("RoleName") for role in roles]


def test_an_engine_in_a_vpc_is_asked_from_within(tmp_path: Path, deliver: Callable[..., Templates]) -> None:
    settings = {**DELIVERY, "stages": [{"environment": "vpc"}], "smoke": {"question": "Why?"}}
    (tmp_path / "inside.yaml").write_text(yaml.safe_dump(settings))
    vpc = yaml.safe_load((ENVIRONMENTS / "vpc.yaml").read_text())
    where = {"account": vpc.get("account"), "region": vpc.get("region")}
    settings |= {name: value for name, value in where.items() if value}
    (tmp_path / "inside.yaml").write_text(yaml.safe_dump(settings))
    template = deliver(str(tmp_path / "inside.yaml"), ENVIRONMENTS)["osml-delivery"]
    (config,) = (
        resource["Properties"]["VpcConfig"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::CodeBuild::Project" and resource["Properties"]["Description"].endswith("/Ask-vpc")
    )
    wanted = vpc["search"]["vpc"]
    assert (config["VpcId"], config["Subnets"]) == (wanted["id"], wanted["subnets"])
    assert config["SecurityGroupIds"] == wanted["security_groups"]


def test_an_engine_in_a_vpc_of_another_account_is_refused(tmp_path: Path, deliver: Callable[..., Templates]) -> None:
    from settings import SettingError

    settings = {
        **DELIVERY,
        "account": "999988887777",
        "region": "us-east-1",
        "stages": [{"environment": "vpc"}],
        "smoke": {"question": "Why?"},
    }
    (tmp_path / "outside.yaml").write_text(yaml.safe_dump(settings))
    directory = tmp_path / "environments"
    directory.mkdir()
    text = (ENVIRONMENTS / "vpc.yaml").read_text()
    kept = "".join(line for line in text.splitlines(True) if not line.startswith(("account:", "region:")))
    (directory / "vpc.yaml").write_text('account: "111122223333"\nregion: us-east-1\n' + kept)
    with pytest.raises(
        SettingError, match=r"search\.vpc\.id is 'vpc-\w+'.*but the question is asked from account 999988887777"
    ):
        deliver(str(tmp_path / "outside.yaml"), directory)


def test_artifacts_for_another_account_have_a_key_that_rotates(elsewhere: Templates, delivered: Templates) -> None:
    keys = [
        resource for resource in elsewhere["osml-delivery"]["Resources"].values() if resource["Type"] == "AWS::KMS::Key"
    ]
    assert [key["Properties"]["EnableKeyRotation"] for key in keys] == [True]
    assert "AWS::KMS::Key" not in {resource["Type"] for resource in delivered["osml-delivery"]["Resources"].values()}


def test_the_pipeline_as_reviewed(delivered: Templates, snapshot: SnapshotAssertion) -> None:
    template = copy.deepcopy(delivered["osml-delivery"])
    for part in ("Parameters", "Rules"):
        template.pop(part, None)
    for resource in template["Resources"].values():
        resource.pop("Metadata", None)
    text = re.sub(r"[0-9a-f]{64}", "<hash>", json.dumps(template))
    assert json.loads(text) == snapshot(extension_class=JSONSnapshotExtension, name="delivery")


def test_cfn_lint_finds_nothing(delivered: Templates, elsewhere: Templates, cfn_lint: CfnLint) -> None:
    pipelines = [{"osml-delivery": made["osml-delivery"]} for made in (delivered, elsewhere)]
    # E3703 checks the text of a pipeline's RoleArn, which CDK writes with Fn::Join.
    assert cfn_lint(pipelines, "E3703") == ""
