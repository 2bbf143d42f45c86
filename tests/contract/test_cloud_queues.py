"""What a drop needs of the cloud process: event sources that can work, metrics of queues, and dead letters sent back.

The last test fails when MiniStack supports this itself: remove the module that it names.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract import cloud_process, unwrapped_cloud
from tests.contract.cloud_process import Cloud, role
from tests.waiting import until

cloud = cloud_process.cloud

unwrapped = unwrapped_cloud.unwrapped
READS = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]

UNWRAPPED = """
import json
from ministack import app
from ministack.core.iam_actions import extract_iam_action
from ministack.services import lambda_svc, sqs
from ministack.services.cloudformation import provisioners

config = {"Role": "arn:aws:iam::000000000000:role/none", "FunctionArn": "arn:x", "Timeout": 900}
record = {"config": config, "code_zip": b"", "versions": {}, "aliases": {}, "concurrency": None}
lambda_svc._functions["f"] = record
url, attributes = provisioners._RESOURCE_HANDLERS["AWS::SQS::Queue"]["create"]("Q", {"VisibilityTimeout": 30}, "stack")
mapping = provisioners._RESOURCE_HANDLERS["AWS::Lambda::EventSourceMapping"]["create"]
try:
    made = bool(mapping("M", {"FunctionName": "f", "EventSourceArn": attributes["Arn"]}, "stack")[0])
except Exception:
    made = False
headers = {"x-amz-target": "AmazonSQS.ChangeMessageVisibilityBatch", "content-type": "application/x-amz-json-1.0"}
print(json.dumps({
    "mapped": made,
    "moves": "StartMessageMoveTask" in sqs._HANDLERS,
    "action": extract_iam_action("sqs", "POST", "/", headers, b"{}", {}),
}))
"""


def source(actions: list[str], *, hidden: int, timeout: int) -> dict[str, Any]:
    """A queue that calls a function whose role may do `actions`."""
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": hidden}}
    allowed = {"Effect": "Allow", "Action": actions, "Resource": {"Fn::GetAtt": ["Queue", "Arn"]}}
    function = {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Timeout": timeout,
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": "def handler(event, context):\n    return {}\n"},
    }
    mapping = {"FunctionName": {"Ref": "Function"}, "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]}}
    return {
        "Queue": queue,
        "Role": role("lambda.amazonaws.com", allowed),
        "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
        "Source": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": mapping},
    }


@pytest.mark.parametrize(
    ("actions", "hidden", "timeout", "reason"),
    [
        (READS, 60, 60, ""),
        (READS[:1], 60, 60, "does not have permissions to call DeleteMessage on SQS"),
        (READS, 30, 60, "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"),
    ],
)
def test_a_source_that_could_not_work_is_refused(
    cloud: Cloud, actions: list[str], hidden: int, timeout: int, reason: str
) -> None:
    stack = cloud.deploy(source(actions, hidden=hidden, timeout=timeout))
    status = stack.settled()["StackStatus"]
    assert (status == "CREATE_COMPLETE") == (reason == "")
    assert reason in stack.reasons()
    stack.delete()


@pytest.fixture
def queues(cloud: Cloud) -> Iterator[tuple[Any, str, str]]:
    """The client, and the URLs of a queue and its dead-letter queue; a message has one attempt."""
    sqs = cloud.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    queue = sqs.create_queue(QueueName="queue", Attributes={"RedrivePolicy": policy})["QueueUrl"]
    yield sqs, queue, dead
    for url in (queue, dead):
        sqs.delete_queue(QueueUrl=url)


def count(sqs: Any, url: str) -> int:
    name = "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def test_dead_letters_move_an_alarm_and_go_back(cloud: Cloud, queues: tuple[Any, str, str]) -> None:
    sqs, queue, dead = queues
    cloudwatch = cloud.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="dead",
        Namespace="AWS/SQS",
        MetricName="ApproximateNumberOfMessagesVisible",
        Dimensions=[{"Name": "QueueName", "Value": "dead"}],
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
    )
    sqs.send_message(QueueUrl=queue, MessageBody="poison")
    sqs.receive_message(QueueUrl=queue, VisibilityTimeout=0)
    sqs.receive_message(QueueUrl=queue)
    assert (count(sqs, queue), count(sqs, dead)) == (0, 1)
    until(
        "the alarm",
        lambda: [alarm["StateValue"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]],
        ["ALARM"].__eq__,
    )
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sqs.start_message_move_task(SourceArn=arn)
    assert (count(sqs, queue), count(sqs, dead)) == (1, 0)
    cloudwatch.delete_alarms(AlarmNames=["dead"])


def test_the_permission_for_one_message_allows_a_batch_of_ten(cloud: Cloud, queues: tuple[Any, str, str]) -> None:
    sqs, queue, dead = queues
    arns = [
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        for url in (queue, dead)
    ]
    keys = cloud.caller("worker", {"Action": "sqs:ChangeMessageVisibility", "Resource": arns[0]})
    worker = cloud.client("sqs", **keys)
    sqs.send_message(QueueUrl=queue, MessageBody="one")
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    entry = {"Id": "0", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0}
    assert worker.change_message_visibility_batch(QueueUrl=queue, Entries=[entry])["Successful"] == [{"Id": "0"}]
    with pytest.raises(ClientError, match="AccessDenied"):
        worker.change_message_visibility_batch(QueueUrl=dead, Entries=[entry])


def test_ministack_needs_event_sources_and_queues_still(unwrapped: dict[str, Any]) -> None:
    assert unwrapped == {"mapped": True, "moves": False, "action": "sqs:ChangeMessageVisibilityBatch"}
