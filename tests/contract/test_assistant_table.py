"""What the assistant stores in AWS, on the local cloud: tables in DynamoDB, keys in Secrets Manager."""

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from opensearch_ml.assistant.conversation_table import CALLERS, LISTED
from opensearch_ml.assistant.prompt_table import PARTITION_KEY, SORT_KEY
from rag.answer_cache import AnswerCache
from rag.budget import Budget
from rag.conversations import MOST_STORED, Conversation, mark_of
from rag.conversations.table import ConversationsInTable
from rag.failures import Absent, AssistantRefused, Invalid
from rag.prompt import Turn
from rag.prompt_models import PromptIn
from rag.prompt_versions import PromptVersions
from rag.secret import StoredSecret
from settings.runtime_settings import RuntimeAnswerCache, RuntimeTimeouts, Table
from tests.contract.cloud_process import Cloud, called_from_here
from tests.unit.test_assistant_answering import NINE, SETTINGS

DAY = 86_400.0


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with called_from_here(tmp_path_factory.mktemp("cloud")) as process:
        yield process


@pytest.fixture(scope="module")
def table(cloud: Cloud) -> str:
    return new_table(cloud)


def new_table(cloud: Cloud) -> str:
    """A table as a deploy makes it."""
    name = f"conversations-{uuid.uuid4().hex[:8]}"
    cloud.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "caller", "AttributeType": "S"},
            {"AttributeName": "expires", "AttributeType": "N"},
        ],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": CALLERS,
                "KeySchema": [
                    {"AttributeName": "caller", "KeyType": "HASH"},
                    {"AttributeName": "expires", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": LISTED},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def conversations(table: str, now: float = 1_000.0, days: int = 30) -> ConversationsInTable:
    return ConversationsInTable(
        Table(kind="table", table=table, callers=CALLERS, days=days), RuntimeTimeouts(), clock=lambda: now
    )


def read(table: str, id: str, caller: str = "alice", **more: float) -> Conversation:
    return conversations(table, **more).read(id, caller, Budget(20))  # type: ignore[arg-type]


def test_turns_are_kept_in_order_and_the_oldest_go(table: str) -> None:
    kept = conversations(table)
    kept.begin("long", "alice", "q0", Turn("q0", "a0"), Budget(20))
    for number in range(1, MOST_STORED + 2):
        kept.keep(read(table, "long"), "alice", Turn(f"q{number}", f"a{number}"), Budget(20))
    last = [Turn(f"q{n}", f"a{n}") for n in range(2, MOST_STORED + 2)]
    assert read(table, "long") == Conversation("long", MOST_STORED + 2, last, "q0")


def test_questions_at_once_lose_no_turn(table: str) -> None:
    conversations(table).begin("busy", "alice", "q", None, Budget(20))
    before = read(table, "busy")
    for number in range(3):
        conversations(table).keep(before, "alice", Turn(f"q{number}", ""), Budget(20))
    assert read(table, "busy") == Conversation("busy", 3, [Turn(f"q{n}", "") for n in range(3)], "q")


def test_a_try_whose_answer_was_lost_stores_its_turn_once(table: str) -> None:
    conversations(table).begin("twice", "alice", "q", None, Budget(20))
    before = read(table, "twice")
    for _ in range(2):
        conversations(table).keep(before, "alice", Turn("q", "a"), Budget(20))
    assert read(table, "twice") == Conversation("twice", 1, [Turn("q", "a")], "q")


@pytest.mark.parametrize("number", [{}, {"number": {"N": "1"}}], ids=["without a number", "with a number"])
def test_a_conversation_of_an_earlier_version_is_listed_found_and_goes_on(
    cloud: Cloud, table: str, number: dict[str, Any]
) -> None:
    turn = {"M": {"question": {"S": "How high is it?"}, "answer": {"S": "Ten metres."}}}
    caller = uuid.uuid4().hex
    item = {
        "id": {"S": caller},
        "caller": {"S": mark_of(caller)},
        "expires": {"N": str(int(1_000 + 30 * DAY))},
        "turns": {"L": [turn]},
    }
    cloud.client("dynamodb").put_item(TableName=table, Item={**item, **number})
    kept = conversations(table)
    for words, listed in ((None, ["How high is it?"]), ("HIGH it", ["How high is it?"]), ("wide", [])):
        entries, more = kept.listed(caller, 10, None, words, Budget(20))
        assert ([entry.title for entry in entries], more) == (listed, None)
    kept.keep(kept.read(caller, caller, Budget(20)), caller, Turn("q1", "a1"), Budget(20))
    turns = [Turn("How high is it?", "Ten metres."), Turn("q1", "a1")]
    assert kept.read(caller, caller, Budget(20)) == Conversation(caller, 2, turns, "How high is it?")


def test_a_conversation_is_its_callers_alone_and_names_nobody(cloud: Cloud, table: str) -> None:
    conversations(table).begin("own", "alice@example.com", "q", Turn("q", "a"), Budget(20))
    for id, caller in (("own", "bob"), ("unknown", "alice@example.com")):
        with pytest.raises(Absent, match="no such conversation"):
            read(table, id, caller)
    item = cloud.client("dynamodb").get_item(TableName=table, Key={"id": {"S": "own"}})["Item"]
    assert "alice" not in json.dumps(item)


def test_it_ends_its_days_after_the_last_turn(cloud: Cloud, table: str) -> None:
    conversations(table).begin("short", "alice", "q", None, Budget(20))
    item = cloud.client("dynamodb").get_item(TableName=table, Key={"id": {"S": "short"}})["Item"]
    assert item["expires"]["N"] == str(int(1_000 + 30 * DAY))
    assert read(table, "short", now=999 + 30 * DAY).turns == []
    with pytest.raises(Absent):
        read(table, "short", now=1_000 + 30 * DAY)


def test_a_table_that_is_not_there(cloud: Cloud) -> None:
    with pytest.raises(AssistantRefused, match="memory of conversations"):
        read("nowhere", "a")


@pytest.fixture
def prompts(cloud: Cloud) -> str:
    """A table of prompts as a deploy makes it."""
    name = f"prompts-{uuid.uuid4().hex[:8]}"
    keys = {PARTITION_KEY: "HASH", SORT_KEY: "RANGE"}
    cloud.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys.items()],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def test_of_owners_who_publish_at_once_one_has_the_next_version(prompts: str) -> None:
    with_prompts = SETTINGS.model_copy(update={"prompts": prompts})

    def publish(name: str) -> int | None:
        given = PromptIn(after=0, system=f"You are {name}.", instructions="Answer.")
        try:
            return PromptVersions(with_prompts).publish(given, name, Budget(20)).number
        except Invalid:
            return None

    names = [f"owner-{number}" for number in range(6)]
    with ThreadPoolExecutor(len(names)) as pool:
        published = list(pool.map(publish, names))
    assert sorted(number or 0 for number in published) == [0] * 5 + [1]
    [winner] = [name for name, number in zip(names, published, strict=True) if number]
    versions = PromptVersions(with_prompts)
    assert versions.current(Budget(20)).system == f"You are {winner}."
    assert [(version.number, version.by) for version in versions.listed(Budget(20))] == [(1, winner), (0, None)]


def test_any_version_is_gone_back_to(prompts: str) -> None:
    versions = PromptVersions(SETTINGS.model_copy(update={"prompts": prompts}))
    for after, system in enumerate(["One.", "Two."]):
        versions.publish(PromptIn(after=after, system=system, instructions="Answer."), "olga", Budget(20))
    versions.publish(PromptIn(after=2, number=1), "olga", Budget(20))
    assert versions.current(Budget(20)).system == "One."
    versions.publish(PromptIn(after=3, number=0), "olga", Budget(20))
    assert versions.current(Budget(20)) == SETTINGS.prompt


def test_without_its_table_the_files_prompt_holds(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    versions = PromptVersions(SETTINGS.model_copy(update={"prompts": "nowhere"}))
    assert versions.current(Budget(20)) == SETTINGS.prompt
    assert "The store of prompts refused" in caplog.text


def test_a_key_is_read_from_its_secret(cloud: Cloud) -> None:
    made = cloud.client("secretsmanager").create_secret(Name=uuid.uuid4().hex, SecretString='{"key": "sk-1"}')
    assert StoredSecret(made["ARN"]).value("key", Budget(20)) == "sk-1"
    with pytest.raises(AssistantRefused, match="store of keys"):
        StoredSecret(made["ARN"][:-6] + "absent").value("key", Budget(20))


def test_an_answer_is_found_again_until_it_expires(table: str) -> None:
    now = 1_000.0
    chosen = RuntimeAnswerCache(table=table, hours=2, model="m")
    cache = AnswerCache(chosen, SETTINGS, clock=lambda: now)
    place = cache.find("When?", [NINE], [], Budget(20))
    assert place.text is None
    place.keep("At nine – „sharp“.", Budget(20))
    assert cache.find("when", [NINE], [], Budget(20)).text == "At nine – „sharp“."
    now += 2 * 3600
    assert cache.find("When?", [NINE], [], Budget(20)).text is None


def test_without_its_table_the_cache_finds_nothing(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    chosen = RuntimeAnswerCache(table="nowhere", hours=2, model="m")
    place = AnswerCache(chosen, SETTINGS).find("When?", [NINE], [], Budget(20))
    place.keep("At nine.", Budget(20))
    assert place.text is None
    assert caplog.text.count("The cache of answers is not used: The cache of answers refused") == 2
