"""The cloud process with everything but the engine: real CloudFormation, real functions, real policies."""

import io
import json
import signal
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from botocore.exceptions import ClientError

from tests.contract import cloud_process
from tests.contract.cloud_process import Cloud, role, start
from tests.waiting import PATIENCE, until

cloud = cloud_process.cloud

FUNCTION = """
import json, sys, urllib.request
import boto3
print("EVENT", 1)

def handler(event, context):
    wanted = event["ResourceProperties"]
    if wanted.get("Do") == "raise" and event["RequestType"] == "Create":
        raise RuntimeError("kaboom")
    seen = []
    for name in ("ministack", "cryptography", "yaml", "sandbox", "opensearch_ml"):
        try:
            __import__(name)
            seen.append(name)
        except ImportError:
            pass
    data = {"Who": boto3.client("sts").get_caller_identity()["Arn"], "Seen": ",".join(seen)}
    todo = wanted.get("Do") if event["RequestType"] == "Create" else None
    answer = {
        "Status": "FAILED" if todo == "fail" else "SUCCESS",
        "Reason": "asked to fail",
        "PhysicalResourceId": event.get("PhysicalResourceId") or "made-by-us",
        "Data": {"Long": "x" * 5000} if todo == "long" else data,
        **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
    }
    boto3.client("sqs").send_message(
        QueueUrl=wanted["Queue"], MessageBody=json.dumps([event["RequestType"], event.get("PhysicalResourceId")])
    )
    request = urllib.request.Request(event["ResponseURL"], data=json.dumps(answer).encode(), method="PUT")
    urllib.request.urlopen(request).read()
"""


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 307),
        ("PUT", "/unsigned-bucket", 403),
        ("GET", "/signed-bucket", 403),
        ("PUT", "/signed-bucket/a", 403),
    ],
)
def test_s3_does_nothing_for_a_request_that_nobody_signed(cloud: Cloud, method: str, path: str, status: int) -> None:
    cloud.client("s3").create_bucket(Bucket="signed-bucket")
    host = {"Host": "s3.us-east-1.amazonaws.com"}
    url = f"{cloud.gateway}{path}"
    answer = requests.request(method, url, headers=host, verify=cloud.bundle, timeout=60, allow_redirects=False)
    assert answer.status_code == status, answer.text
    assert [bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]] == ["signed-bucket"]


@pytest.fixture(scope="module")
def queue(cloud: Cloud) -> str:
    """The URL of a queue that functions report their events to."""
    url: str = cloud.client("sqs").create_queue(QueueName="events")["QueueUrl"]
    return url


def received(cloud: Cloud, queue: str) -> list[list[Any]]:
    """The events since the last call; a message that is not deleted would arrive again after 30 seconds."""
    sqs = cloud.client("sqs")
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in messages]


def provider(code: str, **properties: Any) -> dict[str, Any]:
    """A function, and one custom resource that it provides."""
    return {
        "Role": role("lambda.amazonaws.com", {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}),
        "Function": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.12",
                "Handler": "index.handler",
                "Timeout": 20,
                "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                "Code": {"ZipFile": code},
            },
        },
        "Made": {
            "Type": "Custom::Made",
            "Properties": {"ServiceToken": {"Fn::GetAtt": ["Function", "Arn"]}, "ServiceTimeout": 60, **properties},
        },
    }


def domain(name: str, master: str = "arn:aws:iam::000000000000:role/one", **changes: Any) -> dict[str, Any]:
    properties = {
        "DomainName": name,
        "EngineVersion": "OpenSearch_2.17",
        "EncryptionAtRestOptions": {"Enabled": True},
        "NodeToNodeEncryptionOptions": {"Enabled": True},
        "DomainEndpointOptions": {"EnforceHTTPS": True},
        "AdvancedSecurityOptions": {"Enabled": True, "MasterUserOptions": {"MasterUserARN": master}},
        **changes,
    }
    return {"D": {"Type": "AWS::OpenSearchService::Domain", "Properties": properties}}


def test_function_has_its_role_and_only_what_amazon_gives_it(cloud: Cloud, queue: str) -> None:
    outputs = {"Who": {"Fn::GetAtt": ["Made", "Who"]}, "Seen": {"Fn::GetAtt": ["Made", "Seen"]}}
    stack = cloud.deploy(provider(FUNCTION, Queue=queue), outputs)
    values = stack.settled()["values"]
    assert values["Who"].startswith(f"arn:aws:sts::000000000000:assumed-role/{stack.name}-Role-")
    assert values["Seen"] == ""
    stack.delete()
    assert received(cloud, queue) == [["Create", None], ["Delete", "made-by-us"]]
    assert not list((cloud.home / "tmp").glob(f"ministack-lambda-{stack.name}-*"))


@pytest.mark.parametrize("what", ["fail", "long"])
def test_failed_create_is_deleted_by_the_id_it_returned(cloud: Cloud, queue: str, what: str) -> None:
    stack = cloud.deploy(provider(FUNCTION, Queue=queue, Do=what))
    assert stack.settled()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert {"fail": "asked to fail", "long": "Response object is too long."}[what] in stack.reasons()
    assert received(cloud, queue) == [["Create", None], ["Delete", "made-by-us"]]


def test_create_that_fails_without_an_answer_is_deleted_by_a_made_up_id(cloud: Cloud, queue: str) -> None:
    stack = cloud.deploy(provider(FUNCTION, Queue=queue, Do="raise"))
    assert stack.settled()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "crashed before it answered CloudFormation: kaboom" in stack.reasons()
    [[request, physical_id]] = received(cloud, queue)
    assert (request, physical_id.startswith(f"{stack.name}-Made-")) == ("Delete", True)


def test_failed_create_of_an_update_is_deleted_too(cloud: Cloud, queue: str) -> None:
    working = provider(FUNCTION, Queue=queue)
    stack = cloud.deploy(working)
    stack.settled()
    added = {"Type": "Custom::Made", "Properties": {**working["Made"]["Properties"], "Do": "fail"}}
    assert stack.update({**working, "Zadded": added})["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert received(cloud, queue) == [["Create", None], ["Create", None], ["Delete", "made-by-us"]]
    stack.delete()
    assert received(cloud, queue) == [["Delete", "made-by-us"]]


def test_function_that_cannot_be_loaded_fails_at_once(cloud: Cloud) -> None:
    stack = cloud.deploy(provider("import not_in_the_asset\ndef handler(event, context): pass\n"))
    assert stack.settled()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "cannot be loaded: No module named 'not_in_the_asset'" in stack.reasons()
    stack.delete()


def test_secret_is_referred_to_by_arn_and_generated(cloud: Cloud) -> None:
    wanted = {
        "SecretStringTemplate": '{"user": "a"}',
        "GenerateStringKey": "key",
        "PasswordLength": 40,
        "ExcludePunctuation": "true",
    }
    secrets = {
        "Plain": {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": {}}},
        "Filled": {"Type": "AWS::SecretsManager::Secret", "Properties": {"GenerateSecretString": wanted}},
    }
    stack = cloud.deploy(secrets, {"Plain": {"Ref": "Plain"}, "Filled": {"Ref": "Filled"}})
    values = stack.settled()["values"]
    manager = cloud.client("secretsmanager")
    read = {name: manager.get_secret_value(SecretId=arn) for name, arn in values.items()}
    assert [answer["ARN"] for answer in read.values()] == list(values.values())
    assert len(read["Plain"]["SecretString"]) == 32
    filled = json.loads(read["Filled"]["SecretString"])
    assert (filled["user"], len(filled["key"]), filled["key"].isalnum()) == ("a", 40, True)
    stack.update({"Plain": {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "mine"}}})
    assert manager.get_secret_value(SecretId=values["Plain"])["SecretString"] == "mine"
    with pytest.raises(ClientError, match="can't find the specified secret"):
        manager.get_secret_value(SecretId=values["Filled"])
    stack.delete()
    assert manager.list_secrets()["SecretList"] == []


def test_domain_opens_changes_and_closes_at_the_front(cloud: Cloud) -> None:
    stack = cloud.deploy(domain("lived"), {"Endpoint": {"Fn::GetAtt": ["D", "DomainEndpoint"]}})
    assert stack.settled()["values"]["Endpoint"] == "127.0.0.1:29200"
    [status] = cloud.client("opensearch").describe_domains(DomainNames=["lived"])["DomainStatusList"]
    assert status["Endpoint"] == "127.0.0.1:29200"
    stack.update(domain("lived", master="arn:aws:iam::000000000000:role/two"))
    stack.delete()
    about = [note for note in cloud.diary() if "lived" in json.dumps(note)]
    assert [what for what, _ in about] == ["add", "update", "remove"]
    assert about[0][1]["master_user_arn"].endswith("role/one")
    assert about[1][1]["master_user_arn"].endswith("role/two")
    assert about[1][1]["endpoint_port"] == 29200


def test_domain_that_the_engine_refuses_leaves_no_record(cloud: Cloud) -> None:
    stack = cloud.deploy(domain("no-engine"))
    assert stack.settled()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "The engine does not answer." in stack.reasons()
    assert cloud.client("opensearch").describe_domains(DomainNames=["no-engine"])["DomainStatusList"] == []


def test_domain_that_amazon_refuses_reaches_no_front(cloud: Cloud) -> None:
    stack = cloud.deploy(domain("unencrypted", NodeToNodeEncryptionOptions={"Enabled": False}))
    assert stack.settled()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "NodeToNodeEncryptionOptions.Enabled: set it to true" in stack.reasons()
    assert "unencrypted" not in json.dumps(cloud.diary())
    with pytest.raises(ClientError, match="ValidationException"):
        cloud.client("opensearch").create_domain(DomainName="by-api", EngineVersion="OpenSearch 2.17")


def test_bedrock_never_answers_out_of_thin_air(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="did not answer"):
        cloud.client("bedrock-runtime").invoke_model(modelId="amazon.titan-embed-text-v2:0", body=b"{}")
    with pytest.raises(ClientError, match="do not run on this machine"):
        cloud.client("bedrock-agent-runtime").retrieve(knowledgeBaseId="ABCDEFGHIJ", retrievalQuery={"text": "x"})


def test_bedrock_asks_for_the_profile_and_its_models(cloud: Cloud) -> None:
    model = "foundation-model/deepseek.r1-v1:0"
    regional = [f"arn:aws:bedrock:{region}::{model}" for region in ("us-east-1", "us-east-2", "us-west-2")]
    profile = "arn:aws:bedrock:us-east-1:000000000000:inference-profile/us.deepseek.r1-v1:0"
    runtime = cloud.client("bedrock-runtime", **cloud.caller("asker"))
    refusals = []
    for granted in ([], [profile], [profile, *regional]):
        cloud.allow("asker", {"Action": "bedrock:InvokeModel", "Resource": granted or ["x"]})
        with pytest.raises(ClientError) as refusal:
            runtime.converse(modelId="us.deepseek.r1-v1:0", messages=[{"role": "user", "content": [{"text": "x"}]}])
        refusals.append(str(refusal.value))
    assert f"bedrock:InvokeModel on resource: {profile}" in refusals[0]
    assert f"bedrock:InvokeModel on resource: {regional[0]}" in refusals[1]
    assert "The model server http://127.0.0.1:1 did not answer" in refusals[2]


def test_listens_on_this_machine_alone(cloud: Cloud) -> None:
    connections = psutil.Process(cloud.process.pid).net_connections("inet")
    listening = {c.laddr[:2] for c in connections if c.status == psutil.CONN_LISTEN}
    assert listening == {("127.0.0.1", int(cloud.gateway.rsplit(":", 1)[1]))}


def test_unknown_keys_are_refused(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="security token included in the request is invalid"):
        cloud.client("iam", aws_access_key_id="AKIAUNKNOWN000000000", aws_secret_access_key="x").list_roles()


def test_ends_cleanly_with_a_function_at_work(tmp_path: Path) -> None:
    cloud = start(tmp_path)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("index.py", "import time\ndef handler(event, context): time.sleep(60)\n")
    trust = json.dumps(role("lambda.amazonaws.com")["Properties"]["AssumeRolePolicyDocument"])
    arn = cloud.client("iam").create_role(RoleName="slow", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    functions = cloud.client("lambda")
    functions.create_function(
        FunctionName="slow",
        Role=arn,
        Runtime="python3.12",
        Handler="index.handler",
        Timeout=60,
        Code={"ZipFile": archive.getvalue()},
    )
    functions.invoke(FunctionName="slow", InvocationType="Event", Payload=b"{}")
    until("the function", processes, lambda lines: str(cloud.home / "lambda-runtime") in lines)
    assert list((cloud.home / "tmp").glob("ministack-lambda-slow-*"))
    cloud.process.send_signal(signal.SIGTERM)
    assert cloud.process.wait(PATIENCE) == 0
    assert not list((cloud.home / "tmp").glob("ministack-lambda-*"))
    assert cloud.diary()[-1] == ["stop", None]
    assert str(cloud.home / "lambda-runtime") not in processes()


def processes() -> str:
    return subprocess.run(["ps", "-wweo", "args"], capture_output=True, text=True, check=True).stdout
