"""What a keeper needs of the cloud process: metrics in log lines, parameters by path, and the event of a secret.

The last test fails when MiniStack supports this itself: remove the module that it names.
"""

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract import cloud_process, unwrapped_cloud
from tests.contract.cloud_process import Cloud
from tests.waiting import until

cloud = cloud_process.cloud

unwrapped = unwrapped_cloud.unwrapped

UNWRAPPED = """
import json, time
from ministack import app
from ministack.core.iam_actions import extract_resource_arn
from ministack.services import cloudwatch, cloudwatch_logs

stream = {"events": [], "firstEventTimestamp": None, "lastEventTimestamp": None}
directive = {"Namespace": "n", "Dimensions": [[]], "Metrics": [{"Name": "m"}]}
line = {"_aws": {"Timestamp": round(time.time() * 1000), "CloudWatchMetrics": [directive]}, "m": 1}
event = {"timestamp": 1, "message": json.dumps(line), "ingestionTime": 1}
cloudwatch_logs._append_log_events(stream, [event])
headers = {"x-amz-target": "AmazonSSM.GetParametersByPath"}
arn = extract_resource_arn("ssm", "POST", "/", headers, b'{"Path": "/a"}', {}, "us-east-1", "000000000000")
print(json.dumps({"metrics": len(list(cloudwatch._metrics.items())), "by_path": arn}))
"""


def test_a_log_line_makes_metrics_and_moves_an_alarm(cloud: Cloud) -> None:
    logs, cloudwatch = cloud.client("logs"), cloud.client("cloudwatch")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    metric: dict[str, Any] = {"Namespace": "osml", "MetricName": "Unhealed", "Period": 60}
    dimensions = [{"Name": "stack", "Value": "kept"}]
    cloudwatch.put_metric_alarm(
        AlarmName="a",
        **metric,
        Dimensions=dimensions,
        Statistic="Maximum",
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    now = round(time.time() * 1000)
    directive = {"Namespace": "osml", "Dimensions": [["stack"]], "Metrics": [{"Name": "Unhealed", "Unit": "Count"}]}
    line = {"_aws": {"Timestamp": now, "CloudWatchMetrics": [directive]}, "stack": "kept", "Unhealed": 2}
    lines = ["START", "{", json.dumps({"_aws": 1}), json.dumps(line)]
    events = [{"timestamp": now, "message": message} for message in lines]
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=events)
    span = {"StartTime": now / 1000 - 3600, "EndTime": now / 1000 + 60, "Statistics": ["Sum"]}
    points = cloudwatch.get_metric_statistics(**metric | {"Period": 7200}, Dimensions=dimensions, **span)["Datapoints"]
    assert [(point["Sum"], point["Unit"]) for point in points] == [(2.0, "Count")]
    until(
        "the alarm",
        lambda: cloudwatch.describe_alarms(AlarmNames=["a"])["MetricAlarms"][0]["StateValue"],
        "ALARM".__eq__,
    )


def test_a_policy_that_names_a_path_lets_its_parameters_be_listed_and_no_others(cloud: Cloud) -> None:
    ssm = cloud.client("ssm")
    for name in ("/osml/kept/One", "/osml/other/One"):
        ssm.put_parameter(Name=name, Value="1", Type="String")
    resource = "arn:aws:ssm:us-east-1:000000000000:parameter/osml/kept"
    reader = cloud.client("ssm", **cloud.caller("reader", {"Action": "ssm:GetParametersByPath", "Resource": resource}))
    assert [parameter["Name"] for parameter in reader.get_parameters_by_path(Path="/osml/kept")["Parameters"]] == [
        "/osml/kept/One"
    ]
    for path in ("/osml/other", "/osml", "/"):
        with pytest.raises(ClientError, match="AccessDenied"):
            reader.get_parameters_by_path(Path=path, Recursive=True)


test_gap_is_still_open = unwrapped_cloud.still_open([("metrics", 0, "metrics"), ("by_path", "*", "parameters")])
