"""The ingestion stack: objects put into a bucket while a fifth of the model calls is throttled, and sources.

OSML_DROP is the number of objects: 100 by default; `make drop` puts 10,000.
"""

import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from osml.deploy import drop
from osml.sync.sync import bring_in_step
from sandbox import startup
from sandbox.instance import Instance
from sandbox.models.control import struck
from sources.run import Run
from tests.e2e.conftest import Engine
from tests.e2e.neighbours import bare_sandbox
from tests.e2e.templates import Deployment, Template
from tests.waiting import PATIENCE, until
from tests.website_server import Site, website

NAME = "dropped"
INDEX = "dropped-passages"
OBJECTS = int(os.environ.get("OSML_DROP", "100"))
# The number of documents in every tenth object, one per line.
LINES = 3
SHELF = "osml-e2e-shelf"


class Bucket:
    """The deployed drop, for people who put objects into it and for its operators."""

    def __init__(self, outputs: dict[str, str]) -> None:
        self.name = outputs["DropBucketName"]
        self._outputs = outputs
        self._s3: Any = boto3.client("s3")
        self._sqs: Any = boto3.client("sqs")

    def put(self, name: str, content: str) -> None:
        self._s3.put_object(Bucket=self.name, Key=f"documents/{name}", Body=content.encode())

    def refused(self, name: str) -> list[dict[str, Any]]:
        body = self._s3.get_object(Bucket=self.name, Key=f"refused/{name}.ndjson")["Body"].read()
        return [json.loads(line) for line in body.splitlines()]

    def waiting(self, queue: str = "Queue") -> int:
        """The number of messages in `Queue` or `DeadLetters`, including those in flight."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        url = self._outputs[f"Drop{queue}Url"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(value) for value in attributes.values())

    def redrive(self) -> None:
        arns = {"SourceArn": "DropDeadLettersArn", "DestinationArn": "DropQueueArn"}
        self._sqs.start_message_move_task(**{name: self._outputs[arn] for name, arn in arns.items()})


def without_pipelines(template: Template) -> None:
    """Without pipelines: OpenSearch Ingestion is not emulated, but all that its pipelines would call is deployed."""
    for name in [name for name, resource in template["Resources"].items() if resource["Type"] == "AWS::OSIS::Pipeline"]:
        del template["Resources"][name]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with website() as running:
        running.page("/", "<title>Start</title><p>The harbour has a website.</p><a href='/tides'>Tides</a>")
        running.page("/tides", "<title>Tides</title><p>The tide is high at noon.</p>")
        yield running


@pytest.fixture(scope="module")
def deployment(local_cloud: Instance, tmp_path_factory: pytest.TempPathFactory, site: Site) -> Iterator[Deployment]:
    directory = tmp_path_factory.mktemp("environments")
    settings = bare_sandbox()
    del settings["answer"]
    settings |= {"recipe": "semantic-search", "keeper": False}
    settings["index"]["name"] = INDEX
    settings |= {"drop": {"attempts": 2, "seconds": 60, "concurrency": 4}, "ingestion": {}}
    settings["sources"] = {
        "site": {"kind": "website", "start": [f"{site.url}/"], "networks": ["127.0.0.0/8"], "delay": 0.0},
        "lists": {"kind": "s3", "bucket": SHELF, "prefix": "lists/"},
    }
    (directory / f"{NAME}.yaml").write_text(yaml.safe_dump(settings))
    deployment = Deployment(NAME, directory, local_cloud, tmp_path_factory.mktemp(NAME))
    try:
        deployment.deploy(edit=without_pipelines)
        yield deployment
    finally:
        deployment.destroy()


@pytest.fixture(scope="module")
def bucket(deployment: Deployment) -> Bucket:
    return Bucket(deployment.outputs("ingestion"))


def content(number: int) -> tuple[str, str, list[str]]:
    """Name and text of an object, and the ids of its documents."""
    if number % 10:
        name = f"notes/Nr. {number}+ü.txt"
        return name, f"Note {number} says that the harbour opens at {number % 24} o'clock.", [name]
    ids = [f"{number}-{line}" for line in range(LINES)]
    lines = [json.dumps({"id": id, "text": f"Line {id} of the list of ships."}) for id in ids]
    return f"lists/{number}.ndjson", "\n".join(lines), ids


def ids(engine: Engine) -> list[str]:
    """The id of every document in the index."""
    engine("POST", f"/{INDEX}/_refresh")
    ids: list[str] = []
    query: dict[str, Any] = {"size": 5_000, "_source": False, "sort": ["id"], "query": {"match_all": {}}}
    while hits := engine("POST", f"/{INDEX}/_search", query)["hits"]["hits"]:
        ids += [hit["_id"] for hit in hits]
        query["search_after"] = hits[-1]["sort"]
    return ids


def test_each_document_of_each_object_is_in_the_index_once(
    bucket: Bucket, engine: Engine, local_cloud: Instance
) -> None:
    objects = [content(number) for number in range(OBJECTS)]
    began = time.monotonic()
    with struck(startup.settings(local_cloud)["models_url"], "sagemaker", throttle=0.2):
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda pair: bucket.put(pair[0], pair[1]), objects))
        until("an empty queue", bucket.waiting, (0).__eq__, PATIENCE + OBJECTS / 5)
    print(f"{OBJECTS} objects in {time.monotonic() - began:.1f} s")
    assert bucket.waiting("DeadLetters") == 0
    assert sorted(ids(engine)) == sorted(id for _, _, inside in objects for id in inside)


def test_what_cannot_be_loaded_is_given_up_with_its_reason_and_loaded_when_it_is_mended(
    bucket: Bucket, engine: Engine
) -> None:
    before = len(ids(engine))
    bucket.put("broken.ndjson", '{"id": "good", "text": "A good line."}\n{"id": "bad", "text": 1}\n')
    bucket.put("picture.bin", "?")
    until("two dead letters", lambda: (bucket.waiting("DeadLetters"), bucket.waiting()), (2, 0).__eq__)
    (letter,) = bucket.refused("broken.ndjson")
    assert letter["where"] == "broken.ndjson:2"
    assert (letter["reason"], letter["retry"]) == ("the field `text` is missing, or is not a string", "never")
    assert "is none of .ndjson" in bucket.refused("picture.bin")[0]["reason"]
    assert len(ids(engine)) == before + 1
    until("the alarm", lambda: states()["DropDead"], "ALARM".__eq__)
    assert states()["DropLate"] != "ALARM"
    bucket.put("broken.ndjson", '{"id": "good", "text": "A good line."}\n{"id": "bad", "text": "Mended."}\n')
    boto3.client("s3").delete_object(Bucket=bucket.name, Key="documents/picture.bin")
    bucket.redrive()
    until("no message", lambda: (bucket.waiting("DeadLetters"), bucket.waiting()), (0, 0).__eq__)
    assert len(ids(engine)) == before + 2


def states() -> dict[str, str]:
    """The states of the drop's alarms."""
    alarms = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    return {
        name: alarm["StateValue"]
        for alarm in alarms
        for name in ("DropDead", "DropLate", "SourcesFailed")
        if name in alarm["AlarmName"]
    }


def of_sources(engine: Engine) -> dict[str, list[str]]:
    """The ids of the documents of each source."""
    engine("POST", f"/{INDEX}/_refresh")
    query = {"size": 100, "_source": ["osml.source"], "query": {"exists": {"field": "osml.source"}}}
    ids_by_source: dict[str, list[str]] = {}
    for hit in engine("POST", f"/{INDEX}/_search", query)["hits"]["hits"]:
        ids_by_source.setdefault(hit["_source"]["osml"]["source"], []).append(hit["_id"])
    return {name: sorted(those) for name, those in ids_by_source.items()}


def synced(deployment: Deployment, *names: str, dry: bool = False, removing: bool = False) -> dict[str, Run]:
    """The runs of `osml sync`, by source."""
    runs = bring_in_step(deployment.place, names, dry=dry, removing=removing)
    return {run.source: run for run in runs}


def test_sources_are_brought_in_step_and_what_vanishes_there_is_removed(
    deployment: Deployment, engine: Engine, site: Site
) -> None:
    s3: Any = boto3.client("s3")
    s3.create_bucket(Bucket=SHELF)
    for name, text in (("a.txt", "Ropes are on sale."), ("b.txt", "Anchors are heavy."), ("c.txt", "Sails are white.")):
        s3.put_object(Bucket=SHELF, Key=f"lists/{name}", Body=text.encode())
    looked = synced(deployment, dry=True)
    assert {name: (value.status, value.added) for name, value in looked.items()} == {
        "lists": ("done", 3),
        "site": ("done", 2),
    }
    assert of_sources(engine) == {}
    assert {name: value.added for name, value in synced(deployment).items()} == {"lists": 3, "site": 2}
    pages = [f"{site.url}/", f"{site.url}/tides"]
    assert of_sources(engine) == {"lists": ["lists/a.txt", "lists/b.txt", "lists/c.txt"], "site": pages}

    site.page("/tides", "<title>Tides</title><p>The tide is low at noon.</p>")
    s3.delete_object(Bucket=SHELF, Key="lists/b.txt")
    runs = synced(deployment)
    assert (runs["site"].changed, runs["site"].unchanged, runs["site"].passages) == (1, 1, 1)
    assert (runs["lists"].removed, runs["lists"].unchanged) == (1, 2)
    assert of_sources(engine) == {"lists": ["lists/a.txt", "lists/c.txt"], "site": pages}


def test_a_source_that_is_down_or_nearly_empty_removes_nothing_and_an_alarm_fires(
    deployment: Deployment, engine: Engine, site: Site
) -> None:
    s3: Any = boto3.client("s3")
    for name in ("a.txt", "c.txt"):
        s3.delete_object(Bucket=SHELF, Key=f"lists/{name}")
    site.pages["/"].status = 503
    runs = synced(deployment)
    assert (runs["lists"].status, runs["site"].status) == ("held", "failed")
    assert "was answered 503. Nothing is removed" in str(runs["site"].message)
    assert {name: len(those) for name, those in of_sources(engine).items()} == {"lists": 2, "site": 2}
    until("the alarm", lambda: states()["SourcesFailed"], "ALARM".__eq__)
    assert synced(deployment, "lists", removing=True)["lists"].removed == 2
    assert of_sources(engine).keys() == {"site"}


def test_the_function_may_write_this_index_and_nothing_else(deployment: Deployment, engine: Engine) -> None:
    role = engine("GET", f"/_plugins/_security/api/roles/osml-{NAME}-drop")[f"osml-{NAME}-drop"]
    (permission,) = role["index_permissions"]
    assert permission["index_patterns"] == [INDEX, f"{INDEX}-????????"]
    assert not [action for action in permission["allowed_actions"] if "read" in action or "admin" in action]


def test_the_model_of_batches_embeds_and_knows_the_batch_api(engine: Engine) -> None:
    query = {"query": {"match_phrase": {"name": f"osml-{NAME}-batch"}}}
    (model,) = engine("POST", "/_plugins/_ml/models/_search", query)["hits"]["hits"]
    assert model["_source"]["model_state"] == "DEPLOYED"
    connector = engine("GET", f"/_plugins/_ml/connectors/{model['_source']['connector_id']}")
    actions = {action["action_type"]: action for action in connector["actions"]}
    assert set(actions) == {"PREDICT", "BATCH_PREDICT", "BATCH_PREDICT_STATUS", "CANCEL_BATCH_PREDICT"}
    assert actions["BATCH_PREDICT"]["url"].endswith("/api.sagemaker.us-east-1.amazonaws.com/CreateTransformJob")
    assert connector["parameters"]["ModelName"].startswith(f"osml-{NAME}-inference")


def test_the_bucket_and_the_queues_are_removed_with_the_stack(
    deployment: Deployment, bucket: Bucket, tmp_path: Path
) -> None:
    drop.empty(deployment.place)
    deployment.destroy()
    assert bucket.name not in [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
    assert not [url for url in boto3.client("sqs").list_queues().get("QueueUrls", []) if NAME in url]
