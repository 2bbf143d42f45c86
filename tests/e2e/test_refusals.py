"""What goes wrong in a deploy ends in one sentence in CloudFormation's events, a rollback, and nothing left."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox.instance import Instance

STACK = "osml-sandbox-knowledge"
Template = dict[str, Any]


@pytest.fixture(scope="module")
def template(osml: Any, cdk: Any) -> Iterator[str]:
    """The knowledge stack's template; the stacks it builds on are deployed by the real CLI."""
    osml("secret", "set", "--sandbox")
    cdk("bootstrap", "aws://000000000000/us-east-1")
    base = ("osml-sandbox-search", "osml-sandbox-inference")
    cdk("deploy", *base, "--require-approval", "never", "--concurrency", "2")
    cdk("synth", STACK, "--quiet")
    yield (cdk.output / f"{STACK}.template.json").read_text()
    osml("destroy", "--sandbox")
    boto3.client("secretsmanager").delete_secret(SecretId="osml/sandbox/deepseek", ForceDeleteWithoutRecovery=True)


@pytest.fixture
def reason(template: str, engine: Any) -> Callable[[str], str]:
    """Deploys a template that must fail; returns CloudFormation's reason after checking that nothing is left."""

    def deploy(changed: str) -> str:
        # The CDK CLI uploads what is longer than 51,200 bytes; as it is written, indented, this one is.
        body = json.dumps(json.loads(changed), separators=(",", ":"))
        before = engine.contents()
        client = boto3.client("cloudformation")
        client.create_stack(StackName=STACK, TemplateBody=body, Capabilities=["CAPABILITY_NAMED_IAM"])
        with pytest.raises(Exception, match="terminal failure state"):
            client.get_waiter("stack_create_complete").wait(
                StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 400}
            )
        status = client.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
        events = client.describe_stack_events(StackName=STACK)["StackEvents"]
        client.delete_stack(StackName=STACK)
        client.get_waiter("stack_delete_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 400})
        assert status == "ROLLBACK_COMPLETE", events
        assert engine.contents() == before
        failed = [
            e
            for e in events
            if e["ResourceStatus"] == "CREATE_FAILED" and e["ResourceType"] != "AWS::CloudFormation::Stack"
        ]
        return str(failed[-1]["ResourceStatusReason"])

    return deploy


def edited(template: str, edit: Callable[[Template], None]) -> str:
    parsed = json.loads(template)
    edit(parsed["Resources"])
    return json.dumps(parsed)


def test_pass_role_taken_away(template: str, reason: Callable[[str], str]) -> None:
    def forbid(resources: Template) -> None:
        for resource in resources.values():
            for statement in resource.get("Properties", {}).get("PolicyDocument", {}).get("Statement", []):
                if statement["Action"] == "iam:PassRole":
                    statement["Action"] = "iam:GetRole"

    sentence = reason(edited(template, forbid))
    assert "iam:PassRole" in sentence


def test_secret_missing(template: str, reason: Callable[[str], str], osml: Any) -> None:
    boto3.client("secretsmanager").delete_secret(SecretId="osml/sandbox/deepseek", ForceDeleteWithoutRecovery=True)
    sentence = reason(template)
    osml("secret", "set", "--sandbox")
    assert "osml/sandbox/deepseek" in sentence
    assert "osml secret set" in sentence


def test_key_of_the_secret_misnamed(template: str, reason: Callable[[str], str]) -> None:
    sentence = reason(template.replace("secretArn.api_key", "secretArn.misnamed"))
    assert "misnamed" in sentence


def test_endpoint_not_trusted(template: str, reason: Callable[[str], str]) -> None:
    changed = template.replace('\\"endpoint\\":\\"api.deepseek.com\\"', '\\"endpoint\\":\\"api.untrusted.example\\"')
    assert changed != template
    sentence = reason(changed)
    assert "api.untrusted.example" in sentence
    assert "trusted" in sentence


def test_dimension_differs_from_the_index(template: str, reason: Callable[[str], str]) -> None:
    changed = template.replace('\\"dimension\\":384', '\\"dimension\\":768')
    assert changed != template
    sentence = reason(changed)
    assert "384" in sentence
    assert "768" in sentence


def test_engine_unreachable(template: str, reason: Callable[[str], str]) -> None:
    def lead_away(resources: Template) -> None:
        for resource in resources.values():
            if "Target" in resource.get("Properties", {}):
                resource["Properties"]["Target"] = json.dumps(
                    {"endpoint": "https://127.0.0.1:1", "region": "us-east-1", "service": "es"}
                )

    sentence = reason(edited(template, lead_away))
    assert "https://127.0.0.1:1" in sentence


def test_no_key_is_written_anywhere(template: str, local_cloud: Instance) -> None:
    """The key of the DeepSeek endpoint stands in no template and no log of the local cloud."""
    key = local_cloud.deepseek_key.read_text().strip()
    written = [
        template,
        *(path.read_text(errors="replace") for path in (local_cloud.home / "logs").glob("*.log")),
    ]
    assert [Path(str(n)).name for n, text in enumerate(written) if key in text] == []
