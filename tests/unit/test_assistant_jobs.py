"""An upload that takes more than one request is a job: it continues after what is settled, and reports progress."""

import itertools
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import current
import worker
from rag import files, job_state
from rag.caller import OPERATOR, Caller
from rag.failures import Absent, Invalid, Throttled
from rag.files import Stored
from rag.job_models import Job
from rag.jobs import Jobs
from rag.upload_models import DocumentIn, PartIn
from tests.unit.stored_objects import Bucket
from tests.unit.test_assistant_files import Index, parts, sent, table
from tests.unit.unlogged import unlogged

SECONDS = 60.0


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def made(bucket: Bucket) -> Jobs:
    return Jobs("uploads", bucket)


def part(content: str, number: int, of: int, job: str | None = None, name: str = "a.csv") -> PartIn:
    return PartIn.model_construct(name=name, content=content.encode(), number=number, of=of, job=job)


def halves(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))))
def test_parts_come_in_any_order_and_the_last_one_begins_the_job(
    bucket: Bucket, made: Jobs, order: tuple[int, ...]
) -> None:
    text, index = table(25), Index()
    pieces = [text[:50], text[50:90], text[90:]]
    id: str | None = None
    for number in order:
        assert bucket.begun == []
        state = made.take(part(pieces[number - 1], number, 3, id), OPERATOR)
        id = state.id
    assert (bucket.begun, state.status, state.size) == ([f"begin/{id}"], "waiting", len(text))
    assert made.work(state.id, SECONDS, parts(index), last=False) == ""
    job = made.state(state.id, OPERATOR).as_job
    assert (job.status, job.stored, job.failed, job.progress) == ("done", 25, 0, 1.0)
    assert [document["id"] for document in index.stored] == [f"d{number}" for number in range(25)]


def test_parts_that_come_at_once_begin_the_job(bucket: Bucket, made: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last part arrives while the part before it is being stored."""
    text = table(25)
    id = made.take(part(text[:50], 1, 3), OPERATOR).id
    listed = bucket.list_objects_v2

    def meanwhile(**wanted: Any) -> Any:
        objects = listed(**wanted)
        if f"uploads/{id}/00002" in bucket.objects:
            monkeypatch.undo()
            made.take(part(text[90:], 3, 3, id), OPERATOR)
        return objects

    monkeypatch.setattr(bucket, "list_objects_v2", meanwhile)
    made.take(part(text[50:90], 2, 3, id), OPERATOR)
    assert (made.state(id, OPERATOR).status, made.state(id, OPERATOR).size) == ("waiting", len(text))


def test_a_job_says_which_parts_are_here(made: Jobs) -> None:
    state = made.take(part("x", 2, 3), OPERATOR)
    made.take(part("x", 2, 3, state.id), OPERATOR)
    assert (made.state(state.id, OPERATOR).status, made.state(state.id, OPERATOR).received) == ("receiving", [2])


def test_a_job_is_its_callers_and_what_it_stores_too(made: Jobs) -> None:
    """The job continues for hours in calls from the queue, which carry no caller's signature."""
    ada, eve, index = Caller("ada", "editor", frozenset({"hr"})), Caller("eve", "editor"), Index()
    text = table(3)
    first = made.take(part(text[:20], 1, 2).model_copy(update={"groups": ["hr"]}), ada)
    for caller in (eve, Caller("ada-2", "editor")):
        with pytest.raises(Absent, match="There is no job"):
            made.state(first.id, caller)
        with pytest.raises(Absent):
            made.take(part(text[20:], 2, 2, first.id), caller)
    made.take(part(text[20:], 2, 2, first.id), ada)
    assert made.work(first.id, SECONDS, parts(index), last=False) == ""
    assert made.state(first.id, ada).stored == made.state(first.id, Caller("o", "owner", None)).stored == 3
    assert [document["osml"]["access"] for document in index.stored] == [
        {"groups": ["hr"], "loader": "ada", "role": "editor"}
    ] * 3
    assert "caller" not in made.state(first.id, ada).as_job.model_dump()


def test_a_part_of_something_else_is_refused(made: Jobs) -> None:
    state = made.take(part("x", 1, 2), OPERATOR)
    for other in (part("x", 1, 3, state.id), part("x", 1, 2, state.id, name="b.csv")):
        with pytest.raises(Invalid, match=r"does not belong to the job .* 2 parts of a.csv"):
            made.take(other, OPERATOR)
    with pytest.raises(Absent, match="There is no job"):
        made.take(part("x", 1, 2, "0" * 32), OPERATOR)


def test_a_job_goes_on_behind_what_a_request_has_stored(made: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "BEGINNING", 0.0)
    index = Index()
    file = sent("a.csv", table(25))
    done = files.store(file, 20, parts(index, documents=10), OPERATOR)
    assert (done.ended, done.settled) == (False, 10)
    state = made.go_on(file, done, OPERATOR)
    assert (state.stored, 0 < state.progress <= 1) == (10, True)
    made.work(state.id, SECONDS, parts(index, documents=10), last=False)
    assert made.state(state.id, OPERATOR).as_job.stored == 25
    assert [document["id"] for document in index.stored] == [f"d{number}" for number in range(25)]


def test_when_its_time_is_over_another_call_goes_on(bucket: Bucket, made: Jobs) -> None:
    index = Index()
    state = made.go_on(sent("a.csv", table(25)), Stored(0), OPERATOR)
    for calls in range(1, 4):
        assert len(bucket.begun) == calls
        made.work(state.id, 0.0 if calls < 3 else SECONDS, parts(index, documents=10), last=False)
    assert (made.state(state.id, OPERATOR).status, len(bucket.begun)) == ("done", 3)
    assert [document["id"] for document in index.stored] == [f"d{number}" for number in range(25)]


def test_what_may_be_stored_later_is_tried_again_and_at_last_named(made: Jobs) -> None:
    index = Index(answers=[None, Throttled("Wait a moment.")])
    state = made.go_on(sent("a.csv", table(25)), Stored(0), OPERATOR)
    assert made.work(state.id, SECONDS, parts(index, documents=10), last=False) == "Wait a moment."
    job = made.state(state.id, OPERATOR).as_job
    assert (job.status, job.stored, job.message) == ("waiting", 10, "Wait a moment.")
    assert made.work(state.id, SECONDS, parts(index, documents=10), last=False) == ""
    assert (made.state(state.id, OPERATOR).status, made.state(state.id, OPERATOR).stored) == ("done", 25)


def test_what_is_late_for_the_last_time_is_told_as_that(made: Jobs) -> None:
    index = Index(later={"d11"})
    state = made.go_on(sent("a.csv", table(25)), Stored(0), OPERATOR)
    assert made.work(state.id, SECONDS, parts(index, documents=10), last=False)
    assert made.state(state.id, OPERATOR).as_job.failed == 0
    assert made.work(state.id, SECONDS, parts(index, documents=10), last=True) == ""
    job = made.state(state.id, OPERATOR).as_job
    assert (job.status, job.stored, job.failed) == ("done", 24, 1)
    assert [(document.id, document.retry) for document in job.documents if document.status != "stored"] == [
        ("d11", "later")
    ]


def test_documents_become_a_job_too(made: Jobs) -> None:
    index = Index()
    given = [DocumentIn(id=id, text=f"Text of {id}.") for id in ("handbook/a.md", "b")]
    state = made.documents(given, OPERATOR)
    made.work(state.id, SECONDS, parts(index), last=False)
    assert [document["document"] for document in index.stored] == ["handbook/a.md", "b"]
    assert made.state(state.id, OPERATOR).as_job.progress == 1.0


def test_no_more_results_are_kept_than_anybody_reads(made: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_state, "MOST_STORED", 2)
    monkeypatch.setattr(job_state, "MOST_OTHERS", 3)
    state = made.go_on(sent("a.csv", table(5) + "x,\n" * 7), Stored(0), OPERATOR)
    made.work(state.id, SECONDS, parts(Index()), last=False)
    job = made.state(state.id, OPERATOR).as_job
    assert (job.stored, job.failed, len(job.documents)) == (5, 7, 5)


def test_a_job_that_says_nothing_any_more_has_broken_off(bucket: Bucket, made: Jobs) -> None:
    state = made.go_on(sent("a.csv", table(5)), Stored(0), OPERATOR)
    kept = json.loads(bucket.objects[f"jobs/{state.id}.json"])
    kept["updated"] = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    bucket.objects[f"jobs/{state.id}.json"] = json.dumps(kept).encode()
    assert made.state(state.id, OPERATOR).status == "stopped"


class Queue:
    """Records which messages become visible again, and after how many seconds."""

    def __init__(self) -> None:
        self.returns: dict[str, int] = {}

    def change_message_visibility(self, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:
        self.returns[ReceiptHandle] = VisibilityTimeout


class Context:
    aws_request_id = "lambda-1"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@pytest.mark.parametrize(("received", "seconds"), [(1, 5), (2, 20), (3, 80), (4, None)])
def test_a_message_comes_again_later_each_time(
    made: Jobs, monkeypatch: pytest.MonkeyPatch, received: int, seconds: int | None
) -> None:
    monkeypatch.setenv("QUEUE_URL", "q")
    monkeypatch.setenv("ATTEMPTS", "4")
    for module in (worker, current):
        monkeypatch.setattr(module, "settings", lambda: parts(Index()).settings)
    queue, index = Queue(), Index(later={"d1"})
    state = made.go_on(sent("a.csv", table(3)), Stored(0), OPERATOR)
    body = json.dumps({"Records": [{"s3": {"object": {"key": f"begin/{state.id}"}}}]})
    record = {"messageId": "m", "receiptHandle": "r", "body": body}
    record |= {"attributes": {"ApproximateReceiveCount": str(received)}}  # type: ignore[dict-item]
    with unlogged():
        response = worker.worked({"Records": [record]}, Context(), made, lambda: queue, parts(index))
    assert queue.returns == ({"r": seconds} if seconds else {})
    assert response == {"batchItemFailures": [{"itemIdentifier": "m"}] if seconds else []}
    assert made.state(state.id, OPERATOR).status == ("waiting" if seconds else "done")


def test_what_the_api_tells_of_a_job_holds_nothing_of_the_bucket(made: Jobs) -> None:
    job: Any = made.take(part("x", 1, 2), OPERATOR).as_job
    assert type(job) is Job
    assert set(job.model_dump()) == set(Job.model_fields)
