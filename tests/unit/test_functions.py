"""A serverless environment is asked and loaded through its functions, called as the operator."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corpus.formats import Reading
from corpus.load import load
from corpus.pace import FIRST
from corpus.report import Report
from corpus.source import read
from osml.ask import asking
from osml.failure import Failure
from osml.ingest import ingest, storing
from osml.ingest.storing import Storing
from osml.place import Place
from osml.remote.functions import Functions
from settings.assistant import Assistant
from tests.unit.aws_server import OPERATOR, TAKEN, Answered, AwsServer, aws_server, proxied
from tests.waiting import PATIENCE, until

PLACE = Place("sandbox-aoss", None)
OUTPUTS = {
    "AskFunctionName": "the-ask",
    "DocumentsFunctionName": "the-documents",
    "OperatorRoleArn": OPERATOR,
    "IndexName": "passages",
    "TextField": "text",
}
HOSTILE = 'quote " backslash \\ newline \n emoji 🗽 rtl שלום lone \ud800 control \x01'


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsServer]:
    for name, value in OUTPUTS.items():
        monkeypatch.setenv(f"OSML_OUTPUT_{name}", value)
    for name in ("AWS_PROFILE", "AWS_CA_BUNDLE", "AWS_SESSION_TOKEN", "OSML_ENVIRONMENTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "own")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "own")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with aws_server() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        yield server


def _answer(**changes: Any) -> dict[str, Any]:
    source = {"id": "boston#1", "document": "boston", "title": "Boston", "text": "4,327,000", "score": 0.8, "used": []}
    answer = {"answer": "4,327,000.", "grounded": True, "sources": [source], "model": "deepseek-flash"}
    return {**answer, "conversation_id": "c", "timings": {"total_ms": 42}, **changes}


def test_a_question_goes_to_the_function_as_the_api_would_send_it(aws: AwsServer) -> None:
    aws.answer = lambda _: proxied(200, _answer())
    answer = asking.ask(PLACE, "How many?", 7)
    assert (answer.answer, answer.model, answer.timings.total_ms) == (
        "4,327,000.",
        "deepseek-flash",
        42,
    )
    assert [(source.id, source.score, source.text) for source in answer.sources] == [("boston#1", 0.8, "4,327,000")]
    function, event, key = aws.calls[0]
    assert (function, key, event["buffered"]) == ("the-ask%3Aoperators", TAKEN, True)
    assert (event["httpMethod"], event["path"], event["headers"]["content-type"]) == (
        "POST",
        "/ask",
        "application/json",
    )
    assert json.loads(event["body"]) == {"question": "How many?", "top_k": 7}
    assert event["requestContext"]["identity"] == {"userArn": OPERATOR}
    assert event["requestContext"]["requestId"]


def test_an_answer_that_is_not_in_the_documents_is_an_answer(aws: AwsServer) -> None:
    aws.answer = lambda _: proxied(200, _answer(answer="Not in the documents.", grounded=False, sources=[], model=None))
    answer = asking.ask(PLACE, "Why?")
    assert (answer.answer, answer.sources, answer.model) == ("Not in the documents.", [], None)


@pytest.mark.parametrize(
    ("answered", "sentence"),
    [
        (
            proxied(
                429,
                {"message": "Asked too often. Try again in 2 seconds.", "request_id": "r-1"},
                **{"Retry-After": "2"},
            ),
            "The assistant answered 429: Asked too often. Try again in 2 seconds. (request r-1)",
        ),
        (proxied(503, {}), "The assistant answered 503: no reason was given"),
        (
            Answered(
                {"Reason": "x", "message": "Rate exceeded"}, 429, {"x-amzn-errortype": "TooManyRequestsException"}
            ),
            "The assistant answered 429: AWS throttles the function the-ask:operators. Try again in a moment.",
        ),
        (
            Answered({"errorType": "E", "errorMessage": "it broke"}, headers={"X-Amz-Function-Error": "Unhandled"}),
            "The function the-ask:operators failed: it broke. See its log.",
        ),
        (
            Answered({"errorType": "Runtime.ExitError"}, headers={"X-Amz-Function-Error": "Unhandled"}),
            "The function the-ask:operators failed: Runtime.ExitError. See its log.",
        ),
        (
            Answered({"message": "Not found"}, 404, {"x-amzn-errortype": "ResourceNotFoundException"}),
            f"Calling the function the-ask:operators as {OPERATOR} failed: ",
        ),
        (Answered("no json"), "Calling the function the-ask:operators failed: "),
        (Answered({"hello": 1}), "The function the-ask:operators returned an unexpected response."),
        (Answered([1]), "The function the-ask:operators returned an unexpected response."),
        (proxied(200, ["a"]), "The function the-ask:operators returned an unexpected response."),
        (proxied(200, {"answer": "a"}), "The assistant's response has a form that this command does not expect."),
    ],
)
def test_an_error_is_one_sentence_and_is_not_retried(aws: AwsServer, answered: Answered, sentence: str) -> None:
    aws.answer = lambda _: answered
    with pytest.raises(Failure) as failure:
        asking.ask(PLACE, "Why?")
    assert str(failure.value).startswith(sentence)
    assert len(aws.calls) == 1


def test_no_answer_in_time_is_a_sentence(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osml.remote.functions.LONGEST_SECONDS", 0.2)
    hung = threading.Event()

    def hang(_: dict[str, Any]) -> Answered:
        hung.wait(PATIENCE)
        return proxied(200, {})

    aws.answer = hang
    with pytest.raises(Failure, match="504: The function the-ask:operators did not answer within"):
        asking.ask(PLACE, "Why?")
    hung.set()
    # On a busy machine, the call may arrive after the caller has given up.
    until("the call", lambda: aws.calls)
    assert len(aws.calls) == 1


@pytest.mark.parametrize("missing", ["AskFunctionName", "OperatorRoleArn"])
def test_a_missing_output_says_how_to_get_it(aws: AwsServer, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.delenv(f"OSML_OUTPUT_{missing}")
    with pytest.raises(Failure, match=f"no output '{missing}'. Deploy it again with `osml deploy --env sandbox-aoss`"):
        asking.ask(PLACE, "Why?")


def _stored(event: dict[str, Any]) -> Answered:
    documents = json.loads(event["body"])["documents"]
    results = [{"id": document["id"], "status": "stored", "passages": 1} for document in documents]
    return proxied(200, {"documents": results, "stored": len(results), "failed": 0})


def _sent(aws: AwsServer) -> list[list[dict[str, Any]]]:
    return [json.loads(event["body"])["documents"] for _, event, _ in aws.calls]


def _load(
    tmp_path: Path, *documents: dict[str, Any], body_limit: int = 1_000_000, waited: list[float] | None = None
) -> Report:
    file = tmp_path / "a.ndjson"
    file.write_text("\n".join(map(json.dumps, documents)))
    to = Storing(Functions(PLACE), "text", body_limit)

    def pause(_: int, retry_after: float) -> float:
        if waited is not None:
            waited.append(retry_after)
        return 0.0

    with file.open("rb") as stream:
        return load(read(stream, str(file), Reading("text")), lambda: to, pause=pause)


def test_documents_arrive_as_they_were(aws: AwsServer, tmp_path: Path) -> None:
    aws.answer = _stored
    report = _load(tmp_path, {"id": 1, "title": "T", "text": HOSTILE, "year": 2023}, {"text": "b", "title": None})
    assert report.summary == "2 stored, 0 failed"
    first, second = _sent(aws)[0]
    # A surrogate half is no text that could be stored.
    assert first == {"id": "1", "title": "T", "text": HOSTILE.replace("\ud800", "\ufffd")}
    assert set(second) == {"id", "text"}
    assert aws.calls[0][0] == "the-documents%3Aoperators"


@pytest.mark.parametrize("count", [1, 100, 101, 250])
def test_a_batch_holds_at_most_100(aws: AwsServer, tmp_path: Path, count: int) -> None:
    aws.answer = _stored
    report = _load(tmp_path, *({"id": str(number), "text": "t"} for number in range(count)))
    assert report.stored == count
    assert sum(map(len, _sent(aws))) == count
    assert max(map(len, _sent(aws))) <= 100


def test_a_batch_is_as_large_as_the_environment_takes(aws: AwsServer, tmp_path: Path) -> None:
    aws.answer = _stored
    report = _load(tmp_path, *({"id": str(number), "text": "ü" * 400} for number in range(30)), body_limit=4_000)
    assert report.stored == 30
    sizes = [len(event["body"].encode()) for _, event, _ in aws.calls]
    assert 3_000 < max(sizes) <= 4_000


@pytest.mark.parametrize("ending", ["done", "stopped"])
def test_a_document_larger_than_a_request_goes_in_parts_and_is_followed(
    aws: AwsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(storing, "OFTEN", 0.01)
    received: dict[int, bytes] = {}
    looks: list[str] = []

    def jobs(event: dict[str, Any]) -> Answered:
        if event["httpMethod"] == "GET":
            looks.append(event["path"])
            result = {"id": "large", "status": "stored", "passages": 30}
            status = ending if len(looks) > 1 else "running"
            stopped = {"message": "The model is busy.", "documents": []} if ending == "stopped" else {}
            return proxied(200, {"id": "j", "status": status, "documents": [result], **stopped})
        part = json.loads(event["body"])["part"]
        assert len(event["body"].encode()) <= 6_000
        assert part["job"] == ("j" if received else None)
        received[part["number"]] = base64.b64decode(part["content"])
        return proxied(202, {"id": "j", "status": "receiving" if len(received) < part["of"] else "waiting"})

    aws.answer = jobs
    monkeypatch.setattr("corpus.load.ATTEMPTS", 1)
    report = _load(tmp_path, {"id": "large", "text": HOSTILE * 300}, body_limit=6_000)
    assert len(received) > 3
    (sent,) = json.loads(b"".join(received[number] for number in sorted(received)))
    assert sent == {"id": "large", "text": HOSTILE.replace("\ud800", "\ufffd") * 300}
    assert set(looks) == {"/jobs/j"}
    assert (report.stored, report.later) == ((1, 0) if ending == "done" else (0, 1))


def test_a_batch_names_no_document_twice_and_the_last_one_wins(aws: AwsServer, tmp_path: Path) -> None:
    aws.answer = _stored
    report = _load(tmp_path, *({"id": name[0], "text": name[1]} for name in ["a1", "b1", "a2", "c1"]))
    assert report.stored == 4
    assert [[passage["text"] for passage in batch] for batch in _sent(aws)] == [["1", "1"], ["2", "1"]]


def test_every_document_has_its_own_result(aws: AwsServer, tmp_path: Path) -> None:
    results = [
        {"id": "0", "status": "stored", "passages": 1},
        {"id": "1", "status": "failed", "passages": 0, "message": "The model refuses it."},
    ]
    aws.answer = lambda _: proxied(200, {"documents": results, "stored": 1, "failed": 1})
    report = _load(tmp_path, *({"id": str(number), "text": "t"} for number in range(3)))
    assert report.stored == 1
    assert [error.removeprefix(f"{tmp_path}/") for error in report.errors] == [
        "a.ndjson:2: The model refuses it.",
        "a.ndjson:3: the assistant returned no result for it",
    ]


def test_a_batch_that_is_refused_for_one_document_is_halved_until_it_is_found(aws: AwsServer, tmp_path: Path) -> None:
    def particular(event: dict[str, Any]) -> Answered:
        if any("#" in document["id"] for document in json.loads(event["body"])["documents"]):
            return proxied(400, {"message": "An id holds no #."})
        return _stored(event)

    aws.answer = particular
    report = _load(tmp_path, *({"id": "x#1" if number == 33 else str(number), "text": "t"} for number in range(64)))
    assert report.stored == 63
    assert report.errors == [f"{tmp_path / 'a.ndjson'}:34: An id holds no #."]
    assert len(aws.calls) <= 13


@pytest.mark.parametrize(
    "headers", [{"headers": {"retry-after": "30"}}, {"multiValueHeaders": {"Retry-After": ["30"]}}]
)
def test_a_throttled_batch_waits_for_the_requested_time(
    aws: AwsServer, tmp_path: Path, headers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow_down = Answered({"statusCode": 429, "body": '{"message": "Slow down."}', **headers})

    def throttled_once(event: dict[str, Any]) -> Answered:
        return _stored(event) if len(aws.calls) > 1 else slow_down

    aws.answer = throttled_once
    waited: list[float] = []
    monkeypatch.setattr("corpus.load.LONGEST_ASKED", 0.05)
    report = _load(tmp_path, {"id": "1", "text": "t"}, waited=waited)
    assert report.summary == "1 stored, 0 failed"
    assert waited == [30.0]


def test_what_stays_throttled_is_reported_not_dropped(aws: AwsServer, tmp_path: Path) -> None:
    aws.answer = lambda _: proxied(503, {"message": "Down."})
    report = _load(tmp_path, {"id": "1", "text": "t"}, {"id": "2", "text": "t"})
    assert report.summary == "0 created, 0 updated, 2 failed"
    assert report.errors[0].endswith("a.ndjson:1: gave up after 12 attempts, last answer: 503: Down.")
    assert len(aws.calls) == 12


def test_ingest_reports_every_document_even_when_the_assistant_fails(
    aws: AwsServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("OSML_STATE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    broken = {"message": "The field [year] is lacking."}
    aws.answer = lambda event: _stored(event) if '"id": "0"' in event["body"] else proxied(500, broken)
    file = tmp_path / "a.ndjson"
    file.write_text("[]\n" + "".join(json.dumps({"id": str(n), "text": "t", "[x]": 1}) + "\n" for n in range(102)))
    with pytest.raises(Failure, match=r"The assistant answered 500: The field \[year\] is lacking"):
        ingest.ingest_files(PLACE, [file])
    said = capsys.readouterr().err
    stored = FIRST // 4
    assert f"{stored} stored, " in said
    assert "The assistant does not store the fields [x]." in said
    assert "a.ndjson:1: a JSON object is wanted" in said
    assert f"a.ndjson:{stored + 2}: not stored for certain: The assistant answered 500: The field [year] is" in said
    ((letter,),) = [path.read_text().splitlines() for path in tmp_path.glob("rejected-*.ndjson")]
    assert json.loads(letter)["where"] == "a.ndjson:1"


def test_an_interrupted_ingest_resumes(
    aws: AwsServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OSML_STATE", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    slept: list[float] = []
    monkeypatch.setattr(ingest, "sleep", slept.append)
    aws.answer = lambda event: _stored(event) if '"id": "0"' in event["body"] else proxied(500, {"message": "no"})
    (tmp_path / "a.ndjson").write_text("".join(json.dumps({"id": str(n), "text": "t"}) + "\n" for n in range(200)))
    with pytest.raises(Failure):
        ingest.ingest_files(PLACE, ["a.ndjson"])
    aws.answer = _stored
    before = len(aws.calls)
    assert ingest.ingest_files(PLACE, ["a.ndjson"])
    said = capsys.readouterr().err
    assert f"Resuming an interrupted ingest after {FIRST // 4} documents" in said
    assert "Chunks in the index passages: 200 stored, 0 failed." in said
    assert "Searches on this collection find them within 10 s: waiting" in said
    assert slept == [10]
    assert sum(map(len, _sent(aws)[before:])) == 200 - FIRST // 4
    assert list((tmp_path / "state").iterdir()) == []
    assert ingest.ingest_files(PLACE, ["a.ndjson"])
    assert "Resuming" not in capsys.readouterr().err


@pytest.mark.usefixtures("aws")
def test_a_collection_has_no_initial_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSML_STATE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.ndjson").write_text('{"id": "1", "text": "t"}\n')
    with pytest.raises(Failure, match="--initial-load is for a domain"):
        ingest.ingest_files(PLACE, ["a.ndjson"], initial_load=True)


@pytest.mark.parametrize("character", ["a", "ж", "\n", '"', "𝄞"])
@pytest.mark.thorough
def test_a_request_of_the_largest_limit_is_taken_by_a_function(aws: AwsServer, tmp_path: Path, character: str) -> None:
    """A function receives at most 6 MB, whatever the characters are: as text they would be escaped twice."""
    limit = next(item.le for item in Assistant.model_fields["body_limit"].metadata if hasattr(item, "le"))
    written = len(json.dumps(character, ensure_ascii=False).encode()) - 2
    aws.answer = _stored
    _load(tmp_path, {"id": "1", "text": "a" + character * ((limit - 100) // written)}, body_limit=limit)
    assert limit < aws.largest < 6 * 1024 * 1024
