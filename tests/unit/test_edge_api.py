"""Documents, health and the OpenAPI document from a proxy event to a proxy response."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

import api
import stored_documents
from gateway import telemetry
from rag import documents, files, health, own_settings, storing
from rag.caller import Caller
from rag.document_models import DocumentList, DocumentListed, DocumentRemoved, DocumentResult, DocumentsStored
from rag.failures import Absent, Invalid, Throttled
from rag.files import Stored
from rag.jobs import Jobs
from rag.models import Health
from rag.search import Page
from rag.upload_models import DocumentIn, FileIn
from tests.unit.edge_requests import REQUEST_ID, SETTINGS, Context, any_json, event
from tests.unit.stored_objects import Bucket

SECRET = "the words of a document"


class Store:
    """Replaces the index: records its calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def store(self, given: Sequence[DocumentIn], seconds: float, caller: Caller) -> DocumentsStored:
        self.calls.append((list(given), seconds))
        results = [DocumentResult(id=document.id, status="stored", passages=1) for document in given]
        return DocumentsStored(documents=results, stored=len(results), failed=0)

    def listed(self, page: Page, seconds: float, caller: Caller) -> DocumentList:
        self.calls.append((page.size, page.after, page.search, page.order))
        return DocumentList(documents=[DocumentListed(id="ä", title=None, passages=2)], after="next")

    def delete(self, id: str, seconds: float, caller: Caller) -> DocumentRemoved:
        self.calls.append((id,))
        return DocumentRemoved(id=id, passages=3)


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    store = Store()
    monkeypatch.setattr(storing, "store", store.store)
    for name in ("listed", "delete"):
        monkeypatch.setattr(documents, name, getattr(store, name))
    monkeypatch.setenv("ASSISTANT", json.dumps(SETTINGS))
    own_settings.settings.cache_clear()
    yield store
    own_settings.settings.cache_clear()


def sent(
    method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **more: Any
) -> tuple[int, Any]:
    response = api.handler(event(method, path, body, headers, **more), Context())
    many = response["multiValueHeaders"]
    assert many["Content-Type"] == ["application/json"]
    assert many["Cache-Control"] == ["no-store"]
    assert many["X-Content-Type-Options"] == ["nosniff"]
    assert not response["isBase64Encoded"]
    answer = json.loads(response["body"])
    if response["statusCode"] >= 400 and path != "/health":
        assert set(answer) == {"message", "cause", "request_id"}
        assert answer["request_id"] == REQUEST_ID
    return response["statusCode"], answer


def test_documents_are_stored_and_each_has_its_result(store: Store) -> None:
    body = {"documents": [{"id": "a", "text": "Text ä."}, {"id": "b", "text": "More.", "title": "T"}]}
    for form in (body, json.dumps(body).encode()):
        status, answer = sent("POST", "/documents", form)
        assert status == 200
        assert (answer["stored"], answer["failed"]) == (2, 0)
        assert [result["status"] for result in answer["documents"]] == ["stored", "stored"]
    (given, seconds), again = store.calls
    assert [document.model_dump() for document in given] == [
        {"id": "a", "text": "Text ä.", "title": None, "places": [], "groups": None},
        {"id": "b", "text": "More.", "title": "T", "places": [], "groups": None},
    ]
    assert 27 < seconds < 29
    assert again[0] == given


@pytest.mark.parametrize(
    ("query", "call"),
    [
        (None, (50, None, None, "asc")),
        ({"limit": "7", "after": "c=="}, (7, "c==", None, "asc")),
        ({"other": "x", "search": "leave *", "order": "desc"}, (50, None, "leave *", "desc")),
    ],
)
def test_documents_are_listed_page_by_page(store: Store, query: dict[str, str] | None, call: tuple[Any, ...]) -> None:
    many = {name: [value] for name, value in query.items()} if query else None
    status, answer = sent("GET", "/documents", queryStringParameters=query, multiValueQueryStringParameters=many)
    assert status == 200
    listed: dict[str, Any] = {"id": "ä", "title": None, "passages": 2, "groups": [], "loader": None, "removable": False}
    assert answer == {"documents": [listed | {"loaded": None, "original": None}], "after": "next"}
    assert store.calls == [call]


def test_of_a_repeated_parameter_the_first_value_counts(store: Store) -> None:
    many = {"limit": ["7", "8"], "order": ["desc", "asc"]}
    last = {name: values[-1] for name, values in many.items()}
    status, _ = sent("GET", "/documents", queryStringParameters=last, multiValueQueryStringParameters=many)
    assert (status, store.calls) == (200, [(7, None, None, "desc")])


@pytest.mark.parametrize(
    ("name", "id"), [("boston", "boston"), ("a%20b%22%C3%A4", 'a b"ä'), ("100%2525", "100%25"), ("a+b", "a+b")]
)
def test_a_document_is_removed_by_its_percent_encoded_id(store: Store, name: str, id: str) -> None:
    assert sent("DELETE", f"/documents/{name}") == (200, {"id": id, "passages": 3})
    assert store.calls == [(id,)]


@pytest.mark.parametrize("id", ["handbook/leave.md", "..", "a?b#c", "ä b"])
def test_a_document_of_any_id_is_removed_by_a_query(store: Store, id: str) -> None:
    many: dict[str, Any] = {"queryStringParameters": {"id": id}, "multiValueQueryStringParameters": {"id": [id]}}
    assert sent("DELETE", "/documents", **many) == (200, {"id": id, "passages": 3})
    assert store.calls == [(id,)]


@pytest.mark.parametrize(("state", "status"), [("ok", 200), ("failing", 503)])
def test_health_is_a_status_and_a_sentence(monkeypatch: pytest.MonkeyPatch, state: Any, status: int) -> None:
    state_of_health = Health(status=state, environment="unit", message="The index docs is not there.")
    monkeypatch.setattr(health, "health", lambda seconds: state_of_health)
    assert sent("GET", "/health") == (status, state_of_health.model_dump())


def test_the_openapi_document_is_served() -> None:
    status, answer = sent("GET", "/openapi.json")
    assert status == 200
    assert "/ask" in answer["paths"]


def test_a_direct_call_needs_only_method_path_and_body(store: Store) -> None:
    body = '{"documents": [{"id": "a", "text": "b"}]}'
    direct = {"httpMethod": "POST", "path": "/documents", "headers": {"content-type": "application/json"}, "body": body}
    assert api.handler(direct, Context())["statusCode"] == 200
    assert api.handler({"httpMethod": "GET", "path": "/documents"}, Context())["statusCode"] == 200


@pytest.mark.parametrize(
    ("headers", "body", "status", "words"),
    [
        ({"Content-Type": "application/x-www-form-urlencoded"}, "documents=1", 415, "must be JSON"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, "--x--", 415, "must be JSON"),
        ({}, json.dumps({"documents": [{"id": "a", "text": "x" * 10_000}]}), 413, "is 10000"),
        ({}, None, 400, "not JSON"),
        ({}, "[" * 5000, 400, "not JSON"),
        ({}, '{"documents": 1' + "0" * 4400 + "}", 400, "number out of range"),
        ({}, b"\xff", 400, "not JSON"),
    ],
)
def test_a_body_that_cannot_be_read_says_why(
    store: Store, headers: dict[str, str], body: str | bytes | None, status: int, words: str
) -> None:
    got, answer = sent("POST", "/documents", body, headers)
    assert got == status
    assert words in answer["message"]
    assert store.calls == []


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("{}", "The body cannot be used: send either documents, file or part."),
        ("[]", "The body is a list, but must be an object."),
        ("5", "The body is a number, but must be an object."),
        ("null", "The body is null, but must be an object."),
        ('{"documents": []}', "`documents` has 0 entries; the minimum is 1."),
        ('{"documents": {}}', "`documents` is an object, but must be a list."),
        (json.dumps({"documents": [{}] * 101}), "`documents` has 101 entries; the maximum is 100."),
        ('{"documents": [{"id": "a"}]}', "`documents[0].text` is missing; add it."),
        ('{"documents": [{"id": "a", "text": 5}]}', "`documents[0].text` is a number, but must be a string."),
        (
            '{"documents": [{"id": "a", "text": "b"}, {"id": " ", "text": "c"}]}',
            "`documents[1].id` cannot be used: an id has 1 to 480 bytes, and is not blank.",
        ),
        (
            '{"documents": [{"id": "a", "text": "b", "url": "c"}]}',
            "`documents[0].url` is not a field of this request; remove it or correct its name.",
        ),
    ],
)
def test_a_mistake_is_one_sentence(store: Store, body: str, sentence: str) -> None:
    status, answer = sent("POST", "/documents", body)
    assert (status, answer["message"]) == (400, sentence)
    assert store.calls == []


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        ("0", "`limit` is too small; the minimum is 1."),
        ("101", "`limit` is too large; the maximum is 100."),
        ("all", "`limit` is a string, but must be a whole number."),
    ],
)
def test_a_wrong_limit_is_one_sentence(limit: str, sentence: str) -> None:
    many = {"limit": [limit]}
    status, answer = sent(
        "GET", "/documents", queryStringParameters={"limit": limit}, multiValueQueryStringParameters=many
    )
    assert (status, answer["message"]) == (400, sentence)


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("PUT", "/documents"), ("POST", "/health")])
def test_another_address_is_absent(method: str, path: str) -> None:
    status, answer = sent(method, path, "{}")
    assert (status, answer["message"]) == (
        404,
        "There is nothing at this address; GET /openapi.json lists the routes.",
    )


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (Invalid("The cursor is wrong."), 400, None),
        (Absent("There is no document a."), 404, None),
        (Throttled("Too often.", asked_to_wait=7), 429, ["7"]),
        (RuntimeError(SECRET), 500, None),
    ],
)
def test_a_failure_of_the_store_keeps_its_status_and_sentence(
    monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, retry_after: list[str] | None
) -> None:
    def fails(*_: Any) -> None:
        raise error

    monkeypatch.setattr(documents, "delete", fails)
    response = api.handler(event("DELETE", "/documents/a"), Context())
    assert response["statusCode"] == status
    assert response["multiValueHeaders"].get("Retry-After") == retry_after
    assert SECRET not in response["body"]
    assert json.loads(response["body"])["request_id"] == REQUEST_ID


@hypothesis_settings(
    max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(body=any_json(["documents", "id", "text", "title"]))
def test_any_json_is_stored_or_refused_in_one_sentence(body: str) -> None:
    status, answer = sent("POST", "/documents", body)
    if status != 200:
        assert status in (400, 413)
        assert answer["message"].endswith(".")
        assert "\n" not in answer["message"]
        assert "Traceback" not in answer["message"]


def test_logs_hold_neither_documents_nor_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Powertools' handler keeps the stream that was current when it was made.
    monkeypatch.setattr(telemetry.logger.registered_handler, "stream", __import__("sys").stdout)
    sent("POST", "/documents", {"documents": [{"id": "a", "text": SECRET}]})
    sent("POST", "/documents", {"documents": [{"id": SECRET * 99, "text": SECRET}]})
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["message"] for line in logged] == ["Done.", "Refused."]
    assert (logged[0]["route"], logged[0]["status"], logged[1]["status"]) == ("POST /documents", 200, 400)
    assert all(line["request_id"] == REQUEST_ID and len(line["caller"]) == 16 for line in logged)
    assert SECRET not in json.dumps(logged)
    assert "somebody" not in json.dumps(logged)


FILE = {"name": "a.pdf", "content": "JVBERg=="}


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    bucket = Bucket()
    monkeypatch.setattr(stored_documents, "jobs", lambda: Jobs("uploads", bucket))
    monkeypatch.setattr(stored_documents, "parts", lambda: None)
    return bucket


@pytest.mark.parametrize("ended", [True, False])
def test_a_file_is_stored_or_becomes_a_job(bucket: Bucket, monkeypatch: pytest.MonkeyPatch, ended: bool) -> None:
    taken: list[tuple[str, bytes]] = []

    def keep(file: FileIn, seconds: float, parts: Any, caller: Caller, originals: None) -> Stored:
        taken.append((file.name, file.content))
        assert 27 < seconds < 30
        return Stored(1, [DocumentResult(id="a.pdf", status="stored", passages=3)], ended=ended)

    monkeypatch.setattr(files, "store", keep)
    # The function may run longer for a job, but not for a request.
    response = api.handler(event("POST", "/documents", {"file": FILE}), Context(300))
    answer = json.loads(response["body"])
    assert (response["statusCode"], answer["stored"], taken) == (200 if ended else 202, 1, [("a.pdf", b"%PDF")])
    if not ended:
        assert bucket.begun == [f"begin/{answer['id']}"]
        status, seen = sent("GET", f"/jobs/{answer['id']}")
        assert (status, seen["status"], seen["passages"]) == (200, "waiting", 3)


def test_parts_of_a_file_become_a_job(bucket: Bucket) -> None:
    status, first = sent("POST", "/documents", {"part": {**FILE, "number": 1, "of": 2}})
    assert (status, first["status"], first["received"]) == (202, "receiving", [1])
    status, second = sent("POST", "/documents", {"part": {**FILE, "number": 2, "of": 2, "job": first["id"]}})
    assert (status, second["status"], second["id"]) == (202, "waiting", first["id"])


def test_many_documents_become_a_job(bucket: Bucket, store: Store) -> None:
    body = {"documents": [{"id": id, "text": "x" * 600} for id in ("a", "b")]}
    assert sent("POST", "/documents", body)[0] == 200
    at_once = stored_documents.AT_ONCE
    try:
        stored_documents.AT_ONCE = 1000
        status, answer = sent("POST", "/documents", body)
        assert (status, answer["status"], len(store.calls)) == (202, "waiting", 1)
        body["documents"][1]["id"] = "a"
        assert sent("POST", "/documents", body)[0] == 400
    finally:
        stored_documents.AT_ONCE = at_once


def test_a_request_stores_documents_or_a_file_or_a_part_of_one() -> None:
    wrong: list[dict[str, Any]] = [{}, {"file": FILE, "documents": [{"id": "a", "text": "x"}]}]
    wrong += [{"file": {**FILE, "content": "?"}}, {"file": {**FILE, "name": " "}}, {"file": {**FILE, "skip": 1}}]
    wrong += [{"part": {**FILE, "number": 3, "of": 2}}, {"part": {**FILE, "number": 1, "of": 2, "job": "../x"}}]
    for body in wrong:
        status, answer = sent("POST", "/documents", body)
        assert (status, answer["cause"]) == (400, "invalid-request")
    assert sent("GET", "/jobs/..%2Fx")[0] == 400


@pytest.mark.parametrize(
    ("waited", "seconds"),
    [
        (None, 27.0),
        (0.0, 27.0),
        (9.0, 19.0),
        # The caller has given up, or a clock is wrong: only the function's own time counts.
        (40.0, 27.0),
        (-5.0, 27.0),
        (28.9, 1.0),
    ],
)
def test_the_time_for_a_request_began_when_the_gateway_took_it(
    store: Store, monkeypatch: pytest.MonkeyPatch, waited: float | None, seconds: float
) -> None:
    """A function that first had to be started has less time for the request."""
    monkeypatch.setattr("current.time.time", lambda: 1_000_000.0)
    request = event("POST", "/documents", {"documents": [{"id": "a", "text": "b"}]}, resource="/documents")
    if waited is not None:
        request["requestContext"]["requestTimeEpoch"] = int((1_000_000 - waited) * 1000)
    assert api.handler(request, Context(28.0))["statusCode"] == 200
    assert store.calls[0][1] == pytest.approx(seconds, abs=0.01)
