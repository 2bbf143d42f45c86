"""The function behind a drop: which messages come again, when, and what is written about them."""

import io
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus

import pytest
from botocore.exceptions import ClientError

import aws.textract
import dropped
from calls.backoff import Backoff
from calls.starting import NO_CAPACITY
from corpus.bulk import Bulk, BulkResponse
from corpus.destination import Busy, Stopped
from messages import DropMessage, objects_of
from tests.unit.pdf_files import pdf
from tests.unit.unlogged import unlogged

BUCKET = "drop"


@dataclass
class Amazon:
    """S3 with `objects` by key, and the queue; `returns` are the seconds after which a message comes again.

    `given_up` are the bodies in the dead-letter queue, which accepts none while it is `full`.
    """

    objects: dict[str, bytes] = field(default_factory=dict)
    returns: dict[str, int] = field(default_factory=dict)
    forbidden: str | None = None
    given_up: list[str] = field(default_factory=list)
    full: bool = False

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        code = "AccessDenied" if Key == self.forbidden else None if Key in self.objects else "NoSuchKey"
        if code:
            raise ClientError({"Error": {"Code": code, "Message": "secret words"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key])}

    def put_object(self, Bucket: str, Key: str, Body: Any, ContentType: str) -> None:
        self.objects[Key] = Body.read()

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        assert QueueUrl == "dead"
        if self.full:
            return {"Failed": [{"Id": entry["Id"]} for entry in Entries]}
        self.given_up += [entry["MessageBody"] for entry in Entries]
        return {"Successful": []}

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> None:
        self.returns |= {entry["ReceiptHandle"]: entry["VisibilityTimeout"] for entry in Entries}


class Context:
    def __init__(self, seconds: float = 60) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds * 1000)


@dataclass
class Index:
    """The engine's documents by id; `refuses`, `slows` and `breaks` decide about documents and requests.

    While the model `starts`, no document is embedded.
    """

    documents: dict[str, Any] = field(default_factory=dict)
    refuses: Callable[[dict[str, Any]], bool] = lambda _: False
    slows: Callable[[dict[str, Any]], bool] = lambda _: False
    breaks: Exception | None = None
    starts: bool = False

    def send(self, body: bytes) -> BulkResponse:
        if self.breaks:
            raise self.breaks
        lines = [json.loads(line) for line in body.splitlines()]
        items = []
        for action, source in zip(lines[::2], lines[1::2], strict=True):
            if self.starts:
                items.append({"index": {"status": 400, "error": {"reason": NO_CAPACITY}}})
            elif self.slows(source):
                items.append({"index": {"status": 429, "error": {"reason": "slow down"}}})
            elif self.refuses(source):
                items.append({"index": {"status": 400, "error": {"reason": "failed to parse"}}})
            else:
                self.documents[action["index"]["_id"]] = source
                items.append({"index": {"status": 201, "result": "created"}})
        return BulkResponse(200, {}, json.dumps({"items": items}).encode())


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch) -> Amazon:
    amazon = Amazon()
    destination = {"target": {}, "index": "passages", "text_field": "text", "passage_characters": 1000}
    variables = {"DESTINATION": json.dumps(destination), "DOCUMENTS": "documents/", "REFUSED": "refused/"}
    for name, value in {
        **variables,
        "QUEUE_URL": "q",
        "DEAD_LETTERS_URL": "dead",
        "ATTEMPTS": "5",
        "ENVIRONMENT": "dev",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(dropped, "client", lambda _: amazon)
    return amazon


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Index:
    index = Index()
    monkeypatch.setattr(dropped, "connect", lambda target, name, ends: lambda: Bulk(index.send, name))
    monkeypatch.setattr(dropped, "BACKOFF", Backoff(first=0.0))
    return index


def record(id: str, *keys: str, received: int = 1, size: int = 1) -> dict[str, Any]:
    records = [{"s3": {"bucket": {"name": BUCKET}, "object": {"key": quote_plus(key), "size": size}}} for key in keys]
    body = json.dumps({"Records": records})
    attributes = {"ApproximateReceiveCount": str(received), "SentTimestamp": str(int((time.time() - 30) * 1000))}
    return {"messageId": id, "receiptHandle": f"r-{id}", "body": body, "attributes": attributes}


def failed(*records: dict[str, Any], context: Context | None = None) -> list[str]:
    with unlogged():
        answer = dropped.handler({"Records": list(records)}, context or Context())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_an_object_is_for_the_groups_of_its_longest_prefix(
    amazon: Amazon, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = {"hr/": ["hr"], "hr/open/": [], "hr/board/": ["board", "hr"]}
    monkeypatch.setenv("DESTINATION", json.dumps({**json.loads(os.environ["DESTINATION"]), "groups": groups}))
    names = {"hr/a.txt": ["hr"], "hr/board/b.txt": ["board", "hr"], "hr/open/c.txt": None, "hrx/d.txt": None}
    amazon.objects = {f"documents/{name}": b"Text." for name in names}
    forged = b'{"id": "e", "text": "E.", "osml": {"access": {"groups": []}}}\n'
    amazon.objects["documents/hr/e.ndjson"] = forged
    assert failed(*(record(str(number), key) for number, key in enumerate(amazon.objects))) == []
    groups_by_id = {
        id: source.get("osml", {}).get("access", {}).get("groups") for id, source in index.documents.items()
    }
    assert groups_by_id == {**names, "e": ["hr"]}


def test_all_of_a_batch_arrives(amazon: Amazon, index: Index) -> None:
    amazon.objects = {"documents/a b+ü.txt": b"One.", "documents/c.ndjson": b'{"id": "c1", "text": "Two."}\n'}
    assert failed(record("1", "documents/a b+ü.txt"), record("2", "documents/c.ndjson")) == []
    assert sorted(index.documents) == ["a b+ü.txt", "c1"]
    assert amazon.returns == {}


def test_one_bad_object_is_given_up_alone_and_its_dead_letters_say_why(amazon: Amazon, index: Index) -> None:
    lines = b'{"id": "x", "text": "Good."}\n{"id": "y", "text": "Bad."}\n'
    amazon.objects = {"documents/good.txt": b"Good.", "documents/bad.ndjson": lines, "documents/after.txt": b"After."}
    index.refuses = lambda source: source["text"] == "Bad."
    keys = ("documents/good.txt", "documents/bad.ndjson", "documents/after.txt")
    records = [record(str(number), key) for number, key in enumerate(keys)]
    assert failed(*records) == []
    assert amazon.given_up == [records[1]["body"]]
    assert sorted(index.documents) == ["after.txt", "good.txt", "x"]
    (letter,) = map(json.loads, amazon.objects["refused/bad.ndjson.ndjson"].splitlines())
    assert (letter["id"], letter["where"], letter["reason"]) == ("y", "bad.ndjson:2", "failed to parse")
    assert letter["retry"] == "never"
    assert amazon.returns == {}


def test_what_may_be_taken_later_comes_again_and_what_never_is_does_not(
    amazon: Amazon, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("corpus.load.ATTEMPTS", 2)
    amazon.objects = {
        "documents/scan.pdf": pdf("Cover", None),
        "documents/later.txt": b"Slow down.",
        "documents/both.ndjson": b'{"text": "Slow down. "}\n{"text": ""}\n',
    }
    index.slows = lambda source: "Slow" in source["text"]
    assert failed(*(record(name, name) for name in amazon.objects)) == ["documents/later.txt", "documents/both.ndjson"]
    assert [json.loads(item)["Records"][0]["s3"]["object"]["key"] for item in amazon.given_up] == [
        quote_plus("documents/scan.pdf")
    ]
    letters = map(json.loads, amazon.objects["refused/both.ndjson.ndjson"].splitlines())
    assert sorted(letter["retry"] for letter in letters) == ["later", "never"]


def test_what_the_dead_letters_do_not_take_comes_again(amazon: Amazon, index: Index) -> None:
    amazon.objects, amazon.full = {"documents/a.bin": b"?"}, True
    assert failed(record("1", "documents/a.bin")) == ["1"]
    assert amazon.returns == {"r-1": 5}


def test_what_is_no_document_is_told_apart_from_its_neighbours(amazon: Amazon, index: Index) -> None:
    amazon.objects = {"documents/a.bin": b"?", "documents/b.parquet": b"?", "documents/c.txt": b"Good."}
    names = ("a.bin", "b.parquet", "c.txt")
    assert failed(*(record(name, f"documents/{name}") for name in names)) == []
    assert len(amazon.given_up) == 2
    assert "osml ingest" in amazon.objects["refused/b.parquet.ndjson"].decode()


def test_an_object_that_its_parser_cannot_bear_leaves_its_neighbours_alone(amazon: Amazon, index: Index) -> None:
    amazon.objects = {
        "documents/a.json": b'[{"text": "x", "a": ' + b"[" * 200_000 + b"]" * 200_000 + b"}]",
        "documents/b.docx": b"PK no archive",
        "documents/c.html": b"<![foo[ bar ]]> <!x <![if> text",
        "documents/d.ndjson": b"[" * 200_000,
        "documents/e.txt": b"After.",
    }
    messages = [record(name, f"documents/{name}", size=at) for at, name in enumerate(("a.json", "b.docx", "c.html"))]
    messages += [record(name, f"documents/{name}", size=9) for name in ("d.ndjson", "e.txt")]
    assert failed(*messages) == []
    assert amazon.given_up == [messages[at]["body"] for at in (0, 1, 3)]
    assert sorted(index.documents) == ["c.html", "e.txt"]
    assert json.loads(amazon.objects["refused/b.docx.ndjson"])["reason"].startswith("is damaged")


@pytest.mark.thorough
def test_a_scan_comes_again_when_textract_throttles_and_its_neighbours_do_not(
    amazon: Amazon, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttles = [ClientError({"Error": {"Code": "ThrottlingException", "Message": "secret"}}, "DetectDocumentText")]

    class Textract:
        def detect_document_text(self, Document: dict[str, bytes]) -> dict[str, Any]:
            if throttles:
                raise throttles.pop()
            return {"Blocks": [{"BlockType": "LINE", "Text": "Thirty days.", "Confidence": 99.0}]}

    monkeypatch.setattr(aws.textract, "textract", Textract)
    monkeypatch.setenv("DESTINATION", json.dumps({**json.loads(os.environ["DESTINATION"]), "scans": "textract"}))
    amazon.objects = {"documents/scan.pdf": pdf(None), "documents/plain.txt": b"Plain."}
    assert failed(record("1", "documents/scan.pdf"), record("2", "documents/plain.txt")) == ["1"]
    assert sorted(index.documents) == ["plain.txt"]
    assert amazon.returns == {"r-1": 5}
    assert "refused/scan.pdf.ndjson" not in amazon.objects
    assert failed(record("1", "documents/scan.pdf", received=2)) == []
    assert index.documents["scan.pdf"]["text"] == "Thirty days."


@pytest.mark.parametrize(("received", "seconds"), [(1, 5), (2, 20), (3, 80), (4, 320), (5, 0), (9, 0)])
def test_it_comes_later_each_time_and_at_once_to_be_given_up(
    amazon: Amazon, index: Index, received: int, seconds: int
) -> None:
    amazon.forbidden = "documents/a.txt"
    failed(record("1", "documents/a.txt", received=received))
    assert amazon.returns == {"r-1": seconds}


@pytest.mark.parametrize(
    ("received", "start_seconds", "seconds"), [(1, 300, 300), (1, None, 360), (2, 300, 300), (4, 300, 320), (5, 300, 0)]
)
def test_while_the_model_starts_messages_come_again_when_it_answers(
    amazon: Amazon,
    index: Index,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    received: int,
    start_seconds: int | None,
    seconds: int,
) -> None:
    if start_seconds:
        destination = {**json.loads(os.environ["DESTINATION"]), "start_seconds": start_seconds}
        monkeypatch.setenv("DESTINATION", json.dumps(destination))
    amazon.objects = {"documents/a.txt": b"One.", "documents/b.txt": b"Two."}
    index.starts = True
    records = [record("1", "documents/a.txt", received=received), record("2", "documents/b.txt", received=received)]
    assert failed(*records) == ["1", "2"]
    assert amazon.returns == {"r-1": seconds, "r-2": seconds}
    assert "The embedding model was stopped while nobody asked, and is starting." in capsys.readouterr().out
    # No dead letter is written, because the same documents are loaded later.
    assert list(amazon.objects) == ["documents/a.txt", "documents/b.txt"]
    index.starts = False
    assert failed(*records) == []
    assert sorted(index.documents) == ["a.txt", "b.txt"]


@pytest.mark.parametrize("broken", [Stopped("The domain is gone."), RuntimeError("anything")])
def test_without_an_engine_all_comes_again(
    amazon: Amazon, index: Index, broken: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    amazon.objects = {"documents/a.txt": b"One.", "documents/b.txt": b"Two."}
    index.breaks = broken
    assert failed(record("1", "documents/a.txt"), record("2", "documents/b.txt")) == ["1", "2"]
    said = capsys.readouterr().out
    assert ("The domain is gone." in said) == isinstance(broken, Stopped)
    assert "anything" not in said
    assert list(amazon.objects) == ["documents/a.txt", "documents/b.txt"]


def test_no_load_outlasts_the_function(
    amazon: Amazon, index: Index, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dropped, "BACKOFF", Backoff(longest=0.2, jitter=lambda: 0.0))
    amazon.objects = {"documents/a.txt": b"One."}
    index.breaks = Busy("429")
    assert failed(record("1", "documents/a.txt"), context=Context(15.5)) == ["1"]
    assert "drop.seconds" in capsys.readouterr().out


def test_an_object_that_is_gone_is_done_and_one_that_is_forbidden_is_not(amazon: Amazon, index: Index) -> None:
    amazon.objects = {"documents/b.txt": b"Two."}
    amazon.forbidden = "documents/c.txt"
    names = ("a.txt", "b.txt", "c.txt")
    assert failed(*(record(name, f"documents/{name}") for name in names)) == ["c.txt"]
    assert list(index.documents) == ["b.txt"]


def test_messages_of_one_object_share_its_fate(amazon: Amazon, index: Index) -> None:
    amazon.objects, amazon.forbidden = {"documents/b.txt": b"Two."}, "documents/a.txt"
    records = (record("1", "documents/a.txt"), record("2", "documents/b.txt"), record("3", "documents/a.txt"))
    assert failed(*records) == ["1", "3"]


def test_a_test_of_s3_is_done_and_anything_else_is_given_up(amazon: Amazon, index: Index) -> None:
    test = {**record("1"), "body": json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET})}
    others = [{**record(str(number)), "body": body} for number, body in enumerate(("", "[]", "{}", "7"), 2)]
    assert failed(test, *others) == []
    assert amazon.given_up == ["", "[]", "{}", "7"]


def test_small_objects_go_first() -> None:
    records = [record("1", "documents/large", size=9), record("2", "documents/small", size=1)]
    assert [item.name for item in objects_of(map(DropMessage.of, records), "documents/")] == ["small", "large"]


def test_figures_are_metrics_and_no_line_holds_a_document(
    amazon: Amazon, index: Index, capsys: pytest.CaptureFixture[str]
) -> None:
    amazon.objects = {"documents/a.txt": b"Confidential.", "documents/b.ndjson": b'{"text": 1, "x": "Confidential."}\n'}
    failed(record("1", "documents/a.txt"), record("2", "documents/b.ndjson"))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["object"] == "s3://drop/documents/b.ndjson"
    [lag] = lines[-1]["IngestLag"]
    assert 30 <= lag < 90
    assert {name: lines[-1][name] for name in ("Loaded", "NotLoaded", "Refused")} == {
        "Loaded": [1],
        "NotLoaded": [1],
        "Refused": [1],
    }
    assert "Confidential" not in json.dumps(lines)
