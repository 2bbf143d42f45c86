"""The ingestion stack in the templates: a drop that loses nothing, and batches that Data Prepper would accept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from tests.synth.data_prepper import Pipelines

Templates = dict[str, dict[str, Any]]
OfType = Callable[..., dict[str, Any]]
DIRECTORY = Path(__file__).parent / "environments"
NAME = "osml-batches-ingestion"


@pytest.fixture(scope="module")
def environment(synthesize: Callable[..., Templates]) -> Templates:
    return synthesize("batches", DIRECTORY)


@pytest.fixture(scope="module")
def stack(environment: Templates) -> dict[str, Any]:
    return environment[NAME]


@pytest.fixture(scope="module")
def bodies(stack: dict[str, Any], of_type: OfType, flat: Callable[[Any], Any]) -> dict[str, dict[str, Any]]:
    """The pipelines' YAML by the name of their sub-pipeline, with values instead of references."""
    pipelines: dict[str, Any] = {}
    for resource in of_type(stack, "AWS::OSIS::Pipeline").values():
        text = flat(resource["Properties"]["PipelineConfigurationBody"]).replace("<AWS::AccountId>", "111122223333")
        pipelines |= yaml.safe_load(text)
    assert pipelines.pop("version") == "2"
    return pipelines


def properties(template: dict[str, Any], of_type: OfType, type: str, part: str = "") -> dict[str, Any]:
    values_by_name = {
        name: value for name, value in of_type(template, type).items() if value["Type"] == type and part in name
    }
    (resource,) = values_by_name.values()
    return dict(resource["Properties"])


def test_a_queue_hides_a_message_for_six_times_the_functions_time(stack: dict[str, Any], of_type: OfType) -> None:
    queue = properties(stack, of_type, "AWS::SQS::Queue", "DropQueue")
    function = properties(stack, of_type, "AWS::Lambda::Function")
    assert function["Timeout"] == 120
    assert queue["VisibilityTimeout"] == 720
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 4
    assert "DropDeadLetters" in json.dumps(queue["RedrivePolicy"]["deadLetterTargetArn"])
    assert function["Environment"]["Variables"]["ATTEMPTS"] == "4"


def test_one_object_that_fails_takes_no_other_along_and_calls_are_bounded(
    stack: dict[str, Any], of_type: OfType
) -> None:
    mapping = properties(stack, of_type, "AWS::Lambda::EventSourceMapping")
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BatchSize"] == 5
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 20}


def test_buckets_and_queues_are_closed_and_encrypted(stack: dict[str, Any]) -> None:
    buckets, queues = (
        [resource for resource in stack["Resources"].values() if resource["Type"] == f"AWS::{type}"]
        for type in ("S3::Bucket", "SQS::Queue")
    )
    for resource in buckets:
        assert set(resource["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
        assert resource["Properties"]["BucketEncryption"]
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert [queue["Properties"]["SqsManagedSseEnabled"] for queue in queues] == [True, True]
    policies = [
        resource
        for resource in stack["Resources"].values()
        if resource["Type"].endswith(("BucketPolicy", "QueuePolicy"))
    ]
    assert len(policies) == 6
    for resource in policies:
        assert any(
            statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            for statement in resource["Properties"]["PolicyDocument"]["Statement"]
        )


def test_s3_tells_of_objects_under_the_prefix_only_and_only_s3_of_this_account(
    stack: dict[str, Any], of_type: OfType, flat: Callable[[Any], Any]
) -> None:
    bucket = properties(stack, of_type, "AWS::S3::Bucket", "DropFilesBucket")
    (queue_configuration,) = bucket["NotificationConfiguration"]["QueueConfigurations"]
    assert queue_configuration["Event"] == "s3:ObjectCreated:*"
    assert queue_configuration["Filter"]["S3Key"]["Rules"] == [{"Name": "prefix", "Value": "documents/"}]
    policy = properties(stack, of_type, "AWS::SQS::QueuePolicy", "DropQueue")
    (allowed,) = (resource for resource in policy["PolicyDocument"]["Statement"] if resource["Effect"] == "Allow")
    assert allowed["Principal"] == {"Service": "s3.amazonaws.com"}
    assert flat(allowed["Condition"]) == {
        "StringEquals": {"aws:SourceAccount": "<AWS::AccountId>"},
        "ArnLike": {"aws:SourceArn": "arn:<AWS::Partition>:s3:::osml-batches-ingesti*"},
    }


def test_the_function_reads_what_was_dropped_and_writes_one_index(
    stack: dict[str, Any], of_type: OfType, flat: Callable[[Any], Any]
) -> None:
    statements = flat(properties(stack, of_type, "AWS::IAM::Policy", "DropPolicy")["PolicyDocument"]["Statement"])
    allowed = {
        action: statement["Resource"]
        for statement in statements
        for action in (statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]])
    }
    assert set(allowed) == {
        *(f"logs:{word}" for word in ("CreateLogStream", "PutLogEvents")),
        *(
            f"sqs:{word}"
            for word in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes")
        ),
        *("s3:GetObject", "s3:ListBucket", "s3:PutObject", "es:ESHttpPost", "sqs:SendMessage"),
    }
    assert "DeadLetters" in allowed["sqs:SendMessage"]
    assert allowed["s3:GetObject"].endswith("/documents/*")
    assert allowed["s3:PutObject"].endswith("/refused/*")
    assert allowed["es:ESHttpPost"].endswith("/_bulk")
    role = json.loads(flat(properties(stack, of_type, "Custom::MlRole", "DropRole")["Spec"]))
    (index,) = role["index_permissions"]
    assert index["index_patterns"] == ["passages", "passages-????????"]
    assert index["allowed_actions"] == ["indices:data/write/bulk*", "indices:data/write/index*"]


def test_alarms_tell_of_dead_letters_and_of_waiting(stack: dict[str, Any], of_type: OfType) -> None:
    properties_by_metric_name = {
        resource["Properties"]["MetricName"]: resource["Properties"]
        for resource in of_type(stack, "AWS::CloudWatch::Alarm").values()
    }
    assert properties_by_metric_name["ApproximateNumberOfMessagesVisible"]["Threshold"] == 1
    assert "DeadLetters" in json.dumps(properties_by_metric_name["ApproximateNumberOfMessagesVisible"]["Dimensions"])
    assert properties_by_metric_name["ApproximateAgeOfOldestMessage"]["Threshold"] == 1800


def test_data_prepper_takes_the_pipelines(bodies: dict[str, dict[str, Any]]) -> None:
    assert set(bodies) == {"osml-batches-batch", "osml-batches-load"}
    Pipelines.model_validate(bodies)


@pytest.mark.parametrize(
    ("part", "path", "value"),
    [
        ("batch", ("source", "s3", "scan", "schedule"), {}),
        ("batch", ("source", "s3", "codec"), None),
        ("batch", ("processor", 0, "ml_inference", "action_type"), "batch"),
        ("batch", ("sink", 0, "s3", "threshold"), {}),
        ("load", ("source", "s3", "scan", "buckets", 0, "bucket", "filter", "include"), []),
        ("load", ("sink", 0, "opensearch", "index_type"), "alias"),
        ("load", ("sink", 0, "opensearch", "hosts"), "https://one"),
        ("load", ("source", "s3", "default_bucket_owner"), 111122223333),
    ],
)
def test_the_schema_refuses_what_data_prepper_would(
    bodies: dict[str, dict[str, Any]], part: str, path: tuple[str | int, ...], value: Any
) -> None:
    broken = json.loads(json.dumps(bodies))
    here = broken[f"osml-batches-{part}"]
    for step in path[:-1]:
        here = here[step]
    here[path[-1]] = value
    with pytest.raises(ValidationError):
        Pipelines.model_validate(broken)


def test_jobs_read_the_input_and_write_where_the_second_pipeline_looks(bodies: dict[str, dict[str, Any]]) -> None:
    first, second = bodies["osml-batches-batch"], bodies["osml-batches-load"]
    inference = first["processor"][0]["ml_inference"]
    (read,) = second["source"]["s3"]["scan"]["buckets"]
    assert inference["output_path"] == f"s3://{read['bucket']['name']}/batch/output"
    assert read["bucket"]["filter"]["include_prefix"] == ["batch/output/"]
    (listed,) = first["source"]["s3"]["scan"]["buckets"]
    assert listed["bucket"]["data_selection"] == "metadata_only"
    assert listed["bucket"]["filter"]["exclude_suffix"] == [".manifest"]
    assert [passage["source"]["s3"]["scan"]["scheduling"]["interval"] for passage in (first, second)] == [
        "PT10M",
        "PT10M",
    ]


def test_the_connector_has_the_batch_actions_of_the_endpoints_own_model(
    stack: dict[str, Any], of_type: OfType, flat: Callable[[Any], Any]
) -> None:
    spec = json.loads(flat(properties(stack, of_type, "Custom::MlConnector")["Spec"]))["connector"]
    actions = {action["action_type"]: action for action in spec["actions"]}
    assert set(actions) == {"predict", "batch_predict", "batch_predict_status", "cancel_batch_predict"}
    assert "EmbeddingModel" in spec["parameters"]["ModelName"]
    assert json.loads(spec["parameters"]["TransformResources"]) == {"InstanceCount": 4, "InstanceType": "ml.g5.xlarge"}
    body = actions["batch_predict"]["request_body"]
    for name in (*("ModelName", "BatchStrategy", "TransformJobName"), *("TransformInput", "TransformOutput")):
        assert f"${{parameters.{name}}}" in body
    filled = body.replace("${parameters.ModelName}", "m").replace("${parameters.BatchStrategy}", "SingleRecord")
    filled = filled.replace("${parameters.TransformJobName}", "j")
    for name in ("DataProcessing", "TransformInput", "TransformOutput", "TransformResources"):
        filled = filled.replace(f"${{parameters.{name}}}", "{}")
    assert set(json.loads(filled)) == {
        *("ModelName", "BatchStrategy", "TransformJobName", "DataProcessing"),
        *("TransformInput", "TransformOutput", "TransformResources"),
    }


def test_pipelines_are_trusted_by_name_and_reach_their_own_folders(
    stack: dict[str, Any], of_type: OfType, flat: Callable[[Any], Any]
) -> None:
    for part, name, folders in (
        ("Inference", "batch", {"batch/input/*", "batch/jobs/*", "batch/failed/*"}),
        ("Loading", "load", {"batch/output/*", "batch/failed/*"}),
    ):
        trust = properties(stack, of_type, "AWS::IAM::Role", f"Batches{part}Role")["AssumeRolePolicyDocument"]
        (trusted,) = flat(trust["Statement"])
        assert trusted["Principal"] == {"Service": "osis-pipelines.amazonaws.com"}
        assert trusted["Condition"]["ArnLike"]["aws:SourceArn"].endswith(f":pipeline/osml-batches-{name}")
        statements = flat(properties(stack, of_type, "AWS::IAM::Policy", f"Batches{part}Policy")["PolicyDocument"])
        reached = {
            item.partition(".Arn>/")[2]
            for statement in statements["Statement"]
            for item in ([statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"])
            if ".Arn>/batch" in item
        }
        assert reached == folders


def test_neither_is_there_unless_it_is_asked_for(templates: Callable[[str], Templates]) -> None:
    assert not [name for name in templates("sandbox") if name.endswith("-ingestion")]


def test_in_a_vpc_the_function_is_in_it_and_reaches_its_queue(
    synthesize: Callable[..., Templates], of_type: OfType, flat: Callable[[Any], Any], tmp_path: Path
) -> None:
    (tmp_path / "guest.yaml").write_text(f"{(DIRECTORY / 'guest.yaml').read_text()}drop: {{}}\n")
    by_stack = synthesize("guest", tmp_path)
    function = properties(by_stack["osml-guest-ingestion"], of_type, "AWS::Lambda::Function")
    assert function["VpcConfig"]["SubnetIds"] == ["subnet-0a1b2c3d4e5f6071a"]
    endpoints = of_type(by_stack["osml-guest-search"], "AWS::EC2::VPCEndpoint").values()
    assert [endpoint for endpoint in endpoints if flat(endpoint["Properties"]["ServiceName"]).endswith(".sqs")]
