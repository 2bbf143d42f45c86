"""DynamoDB tables that stacks make in the cloud process."""

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract import cloud_process
from tests.contract.cloud_process import Cloud
from tests.waiting import until

cloud = cloud_process.cloud


def table(**changes: Any) -> dict[str, Any]:
    properties = {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
        "AttributeDefinitions": [
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "at", "AttributeType": "N"},
        ],
        "BillingMode": "PAY_PER_REQUEST",
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        **changes,
    }
    return {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": properties}}


def test_items_go_when_their_time_is_over(cloud: Cloud) -> None:
    stack = cloud.deploy(table(), {"Name": {"Ref": "Table"}})
    name = stack.settled()["values"]["Name"]
    dynamodb, now = cloud.client("dynamodb"), time.time()
    for at, expires in ((1, {"N": str(int(now) - 1)}), (2, {"N": str(int(now) + 3600)}), (3, {"S": "1"}), (4, None)):
        item = {"id": {"S": "a"}, "at": {"N": str(at)}, **({"expires": expires} if expires else {})}
        dynamodb.put_item(TableName=name, Item=item)
    items = until("the end of an item", lambda: dynamodb.scan(TableName=name)["Items"], lambda items: len(items) < 4)
    assert sorted(item["at"]["N"] for item in items) == ["2", "3", "4"]
    query = {"KeyConditionExpression": "id = :id", "ExpressionAttributeValues": {":id": {"S": "a"}}}
    assert dynamodb.query(TableName=name, **query)["Count"] == 3
    stack.delete()


def test_settings_follow_the_template_and_go_with_the_stack(cloud: Cloud) -> None:
    dynamodb = cloud.client("dynamodb")

    def settings(name: str) -> tuple[Any, Any, Any]:
        recovery = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        return (
            dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"],
            recovery["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
            dynamodb.describe_table(TableName=name)["Table"]["BillingModeSummary"]["BillingMode"],
        )

    named = {"TableName": "talks"}
    stack = cloud.deploy(table(**named), {"Name": {"Ref": "Table"}})
    assert stack.settled()["values"]["Name"] == "talks"
    lives = {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    assert settings("talks") == (lives, "ENABLED", "PAY_PER_REQUEST")
    dynamodb.put_item(TableName="talks", Item={"id": {"S": "kept"}, "at": {"N": "1"}})
    off = {"TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": False}}
    stack.update(table(**named, **off, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}))
    assert settings("talks") == ({**lives, "TimeToLiveStatus": "DISABLED"}, "DISABLED", "PAY_PER_REQUEST")
    assert dynamodb.scan(TableName="talks")["Count"] == 1
    stack.delete()
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        dynamodb.describe_table(TableName="talks")
    again = cloud.deploy(table(**named, **off), {"Name": {"Ref": "Table"}})
    again.settled()
    assert dynamodb.scan(TableName="talks")["Count"] == 0
    again.delete()
