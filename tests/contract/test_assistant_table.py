"""What the assistant keeps in AWS, on the local cloud: conversations in DynamoDB, keys in Secrets Manager."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from rag.budget import Budget
from rag.conversations import MOST_TURNS
from rag.conversations.table import ConversationTable
from rag.failures import Absent, AssistantRefused
from rag.prompt import Turn
from rag.secret import Secret
from settings.runtime_settings import Table, Timeouts
from tests.contract.cloud_process import Cloud, running

DAY = 86_400.0


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("cloud")) as cloud, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", cloud.gateway)
        patch.setenv("AWS_CA_BUNDLE", str(Path(cloud.bundle)))
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setattr(boto3, "DEFAULT_SESSION", boto3.Session(region_name="us-east-1"))
        yield cloud


@pytest.fixture(scope="module")
def table(cloud: Cloud) -> str:
    name = f"conversations-{uuid.uuid4().hex[:8]}"
    cloud.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def conversations(table: str, now: float = 1_000.0, days: int = 30) -> ConversationTable:
    return ConversationTable(Table(kind="table", table=table, days=days), Timeouts(), clock=lambda: now)


def test_turns_are_kept_in_order_and_the_oldest_go(table: str) -> None:
    kept = conversations(table)
    id = kept.begin("alice", "q0", Turn("q0", "a0"), Budget(20))
    for number in range(1, MOST_TURNS + 2):
        kept.keep(id, "alice", kept.turns(id, "alice", Budget(20)), Turn(f"q{number}", f"a{number}"), Budget(20))
    assert kept.turns(id, "alice", Budget(20)) == [Turn(f"q{n}", f"a{n}") for n in range(2, MOST_TURNS + 2)]


def test_a_conversation_is_its_callers_alone_and_names_nobody(cloud: Cloud, table: str) -> None:
    kept = conversations(table)
    id = kept.begin("alice@example.com", "q", Turn("q", "a"), Budget(20))
    with pytest.raises(Absent, match="no such conversation"):
        kept.turns(id, "bob", Budget(20))
    with pytest.raises(Absent, match="no such conversation"):
        kept.turns("unknown", "alice@example.com", Budget(20))
    item = cloud.client("dynamodb").get_item(TableName=table, Key={"id": {"S": id}})["Item"]
    assert "alice" not in json.dumps(item)


def test_it_ends_its_days_after_the_last_turn(cloud: Cloud, table: str) -> None:
    id = conversations(table).begin("alice", "q", None, Budget(20))
    item = cloud.client("dynamodb").get_item(TableName=table, Key={"id": {"S": id}})["Item"]
    assert item["expires"]["N"] == str(int(1_000 + 30 * DAY))
    assert conversations(table, now=999 + 30 * DAY).turns(id, "alice", Budget(20)) == []
    with pytest.raises(Absent):
        conversations(table, now=1_000 + 30 * DAY).turns(id, "alice", Budget(20))


def test_a_table_that_is_not_there(cloud: Cloud) -> None:
    with pytest.raises(AssistantRefused, match="memory of conversations"):
        conversations("nowhere").turns("a", "alice", Budget(5))


def test_a_key_is_read_from_its_secret(cloud: Cloud) -> None:
    made = cloud.client("secretsmanager").create_secret(Name=uuid.uuid4().hex, SecretString='{"key": "sk-1"}')
    assert Secret(made["ARN"]).value("key", Budget(20)) == "sk-1"
    with pytest.raises(AssistantRefused, match="store of keys"):
        Secret(made["ARN"][:-6] + "absent").value("key", Budget(5))
