"""Documents, health and the OpenAPI document from a proxy event to a proxy response."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from assistant import api, documents, health, own_settings, telemetry
from assistant.failures import Absent, Invalid, Throttled
from assistant.models import (
    DocumentIn,
    DocumentList,
    DocumentListed,
    DocumentRemoved,
    DocumentResult,
    DocumentsStored,
    Health,
)
from tests.unit.edge_requests import REQUEST_ID, SETTINGS, Context, any_json, event

SECRET = "the words of a document"


class Store:
    """In the place of the index: remembers how it was called."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def store(self, given: Sequence[DocumentIn], seconds: float) -> DocumentsStored:
        self.calls.append((list(given), seconds))
        results = [DocumentResult(id=document.id, status="stored", passages=1) for document in given]
        return DocumentsStored(documents=results, stored=len(results), failed=0)

    def listed(self, limit: int, after: str | None, seconds: float) -> DocumentList:
        self.calls.append((limit, after))
        return DocumentList(documents=[DocumentListed(id="ä", title=None, passages=2)], after="next")

    def delete(self, id: str, seconds: float) -> DocumentRemoved:
        self.calls.append((id,))
        return DocumentRemoved(id=id, passages=3)


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    store = Store()
    for name in ("store", "listed", "delete"):
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
    told = json.loads(response["body"])
    if response["statusCode"] >= 400 and path != "/health":
        assert set(told) == {"message", "request_id"}
        assert told["request_id"] == REQUEST_ID
    return response["statusCode"], told


def test_documents_are_stored_and_each_has_its_result(store: Store) -> None:
    body = {"documents": [{"id": "a", "text": "Text ä."}, {"id": "b", "text": "More.", "title": "T"}]}
    for form in (body, json.dumps(body).encode()):
        status, told = sent("POST", "/documents", form)
        assert status == 200
        assert (told["stored"], told["failed"]) == (2, 0)
        assert [result["status"] for result in told["documents"]] == ["stored", "stored"]
    (given, seconds), again = store.calls
    assert [document.model_dump() for document in given] == [
        {"id": "a", "text": "Text ä.", "title": None},
        {"id": "b", "text": "More.", "title": "T"},
    ]
    assert 28 < seconds < 30
    assert again[0] == given


@pytest.mark.parametrize(
    ("query", "call"),
    [(None, (50, None)), ({"limit": "7", "after": "c=="}, (7, "c==")), ({"other": "x"}, (50, None))],
)
def test_documents_are_listed_page_by_page(store: Store, query: dict[str, str] | None, call: tuple[Any, ...]) -> None:
    many = {name: [value] for name, value in query.items()} if query else None
    status, told = sent("GET", "/documents", queryStringParameters=query, multiValueQueryStringParameters=many)
    assert status == 200
    assert told == {"documents": [{"id": "ä", "title": None, "passages": 2}], "after": "next"}
    assert store.calls == [call]


@pytest.mark.parametrize(
    ("name", "id"), [("boston", "boston"), ("a%20b%22%C3%A4", 'a b"ä'), ("100%2525", "100%25"), ("a+b", "a+b")]
)
def test_a_document_is_removed_by_its_percent_encoded_id(store: Store, name: str, id: str) -> None:
    assert sent("DELETE", f"/documents/{name}") == (200, {"id": id, "passages": 3})
    assert store.calls == [(id,)]


@pytest.mark.parametrize(("state", "status"), [("ok", 200), ("failing", 503)])
def test_health_is_a_status_and_a_sentence(monkeypatch: pytest.MonkeyPatch, state: Any, status: int) -> None:
    told = Health(status=state, environment="unit", message="The index docs is not there.")
    monkeypatch.setattr(health, "health", lambda seconds: told)
    assert sent("GET", "/health") == (status, told.model_dump())


def test_the_openapi_document_is_served() -> None:
    status, told = sent("GET", "/openapi.json")
    assert status == 200
    assert "/ask" in told["paths"]


def test_a_direct_call_needs_no_more_than_method_path_and_body(store: Store) -> None:
    body = '{"documents": [{"id": "a", "text": "b"}]}'
    direct = {"httpMethod": "POST", "path": "/documents", "headers": {"content-type": "application/json"}, "body": body}
    assert api.handler(direct, Context())["statusCode"] == 200
    assert api.handler({"httpMethod": "GET", "path": "/documents"}, Context())["statusCode"] == 200


@pytest.mark.parametrize(
    ("headers", "body", "status", "words"),
    [
        ({"Content-Type": "application/x-www-form-urlencoded"}, "documents=1", 415, "must be JSON"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, "--x--", 415, "must be JSON"),
        ({}, json.dumps({"documents": [{"id": "a", "text": "x" * 10_000}]}), 413, "at most 10000"),
        ({}, None, 400, "not JSON"),
        ({}, "[" * 5000, 400, "not JSON"),
        ({}, '{"documents": 1' + "0" * 4400 + "}", 400, "number out of range"),
        ({}, b"\xff", 400, "not JSON"),
    ],
)
def test_a_body_that_cannot_be_read_says_why(
    store: Store, headers: dict[str, str], body: str | bytes | None, status: int, words: str
) -> None:
    got, told = sent("POST", "/documents", body, headers)
    assert got == status
    assert words in told["message"]
    assert store.calls == []


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("{}", "`documents` is missing; add it."),
        ("[]", "The body is a list; give an object."),
        ("5", "The body is a number; give an object."),
        ("null", "The body is missing; add it."),
        ('{"documents": []}', "`documents` is a list of 0; give at least 1."),
        ('{"documents": {}}', "`documents` is an object; give a list."),
        (json.dumps({"documents": [{}] * 101}), "`documents` is a list of 101; give at most 100."),
        ('{"documents": [{"id": "a"}]}', "`documents[0].text` is missing; add it."),
        ('{"documents": [{"id": "a", "text": 5}]}', "`documents[0].text` is a number; give a string."),
        (
            '{"documents": [{"id": "a", "text": "b"}, {"id": "a/b", "text": "c"}]}',
            "`documents[1].id` cannot be used: an id holds none of the characters # / ? \\ and no control character.",
        ),
        (
            '{"documents": [{"id": "a", "text": "b", "url": "c"}]}',
            "`documents[0].url` is no field of this request; leave it out or correct its name.",
        ),
    ],
)
def test_a_mistake_is_one_sentence(store: Store, body: str, sentence: str) -> None:
    status, told = sent("POST", "/documents", body)
    assert (status, told["message"]) == (400, sentence)
    assert store.calls == []


@pytest.mark.parametrize(
    ("limit", "sentence"),
    [
        ("0", "`limit` is a number that is too small; give at least 1."),
        ("101", "`limit` is a number that is too large; give at most 100."),
        ("all", "`limit` is a string; give a whole number."),
    ],
)
def test_a_wrong_limit_is_one_sentence(limit: str, sentence: str) -> None:
    many = {"limit": [limit]}
    status, told = sent(
        "GET", "/documents", queryStringParameters={"limit": limit}, multiValueQueryStringParameters=many
    )
    assert (status, told["message"]) == (400, sentence)


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("PUT", "/documents"), ("POST", "/health")])
def test_another_address_is_absent(method: str, path: str) -> None:
    status, told = sent(method, path, "{}")
    assert (status, told["message"]) == (404, "There is nothing at this address; GET /openapi.json says what there is.")


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


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=any_json(["documents", "id", "text", "title"]))
def test_any_json_is_stored_or_refused_in_one_sentence(body: str) -> None:
    status, told = sent("POST", "/documents", body)
    if status != 200:
        assert status in (400, 413)
        assert told["message"].endswith(".")
        assert "\n" not in told["message"]
        assert "Traceback" not in told["message"]


def test_logs_hold_neither_documents_nor_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The handler of powertools holds the stream of the moment it was made.
    monkeypatch.setattr(telemetry.logger.registered_handler, "stream", __import__("sys").stdout)
    sent("POST", "/documents", {"documents": [{"id": "a", "text": SECRET}]})
    sent("POST", "/documents", {"documents": [{"id": SECRET + "/", "text": SECRET}]})
    logged = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["message"] for line in logged] == ["Done.", "Refused."]
    assert (logged[0]["route"], logged[0]["status"], logged[1]["status"]) == ("POST /documents", 200, 400)
    assert all(line["request_id"] == REQUEST_ID and len(line["caller"]) == 16 for line in logged)
    assert SECRET not in json.dumps(logged)
    assert "somebody" not in json.dumps(logged)
