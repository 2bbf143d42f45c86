"""`_bulk`: the request, and the meaning of each item of the answer."""

import json
from typing import Any

import pytest

from calls.starting import NO_CAPACITY
from corpus.bulk import Bulk, BulkResponse
from corpus.destination import BatchTooLarge, Busy, Outcome, Stopped, Verdict
from corpus.document import Document

HOSTILE = 'quote " backslash \\ newline \n tab \t emoji 🗽 rtl שלום lone \ud800 control \x01 bar ｜'
BODY = [b"one", b"two"]


def outcomes(*items: dict[str, Any], status: int = 200) -> list[Outcome]:
    content = json.dumps({"items": [{"index": item} for item in items]}).encode()
    return Bulk(lambda _: BulkResponse(status, {}, content), "docs").send([b"x"] * len(items))


def raising(status: int, body: Any, **headers: str) -> Bulk:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Bulk(lambda _: BulkResponse(status, headers, content), "docs")


def test_a_document_is_an_action_and_a_passage_of_itself() -> None:
    document = Document("7", {"text": HOSTILE, "document": "other"}, "f:1", "7")
    action, source = Bulk(lambda _: BulkResponse(200, {}, b""), "docs").encode(document).splitlines()
    assert json.loads(action) == {"index": {"_index": "docs", "_id": "7"}}
    assert json.loads(source) == {"id": "7", "document": "7", "text": HOSTILE}


def test_a_part_names_its_document() -> None:
    part = Document("a#2", {"text": "t"}, "f:1", "a")
    source = json.loads(Bulk(lambda _: BulkResponse(200, {}, b""), "docs").encode(part).splitlines()[1])
    assert (source["id"], source["document"]) == ("a#2", "a")


def test_each_item_is_looked_at() -> None:
    results = outcomes(
        {"status": 201, "result": "created"},
        {"status": 200, "result": "updated"},
        {"status": 400, "error": {"type": "mapper_parsing_exception", "reason": "failed to parse field [year]"}},
        {"status": 400, "error": {"type": "x", "reason": None, "caused_by": {"reason": "deeper"}}},
    )
    assert [outcome.verdict for outcome in results] == [
        Verdict.CREATED,
        Verdict.UPDATED,
        Verdict.REFUSED,
        Verdict.REFUSED,
    ]
    assert [document.reason for document in results[2:]] == ["failed to parse field [year]", "deeper"]


@pytest.mark.parametrize(
    "item",
    [
        {"status": 429, "error": {"type": "es_rejected_execution_exception", "reason": "queue full"}},
        {"status": 400, "error": {"type": "exception", "reason": "Error from remote service: Too Many Requests"}},
        {"status": 403, "error": {"type": "cluster_block_exception", "reason": "blocked by: index write"}},
        {"status": 500, "error": {"type": "x", "reason": "Read timed out after 30s"}},
        {"status": 500, "error": {"type": "x", "reason": "Acquire operation took longer than the maximum"}},
        {"status": 500, "error": {"type": "x", "reason": '{"message":"Rate exceeded","code":429}'}},
        {"status": 500, "error": {"type": "x", "reason": '{"message": "Slow down", "code": 429}'}},
    ],
)
def test_what_may_pass_is_sent_again_later(item: dict[str, Any]) -> None:
    assert outcomes(item)[0].verdict is Verdict.LATER


@pytest.mark.parametrize("status", [400, 429, 500, 503])
def test_a_model_that_starts_is_waited_for_whatever_the_status(status: int) -> None:
    error = {"type": "x", "reason": "failed", "caused_by": {"reason": f"Error from remote service: {NO_CAPACITY}"}}
    assert outcomes({"status": status, "error": error})[0].verdict is Verdict.STARTING


def test_what_broke_on_the_other_side_may_pass() -> None:
    assert outcomes({"status": 500, "error": {"type": "x", "reason": "null"}})[0].verdict is Verdict.FAILED


@pytest.mark.parametrize("preview", ["'14290'", "'429 people'", "'x-429-b' in document with id 'town-429'"])
def test_a_number_in_a_text_is_no_status(preview: str) -> None:
    reason = f"failed to parse field [zip] of type [integer]: {preview}"
    assert outcomes({"status": 400, "error": {"type": "x", "reason": reason}})[0].verdict is Verdict.REFUSED


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_request_that_comes_too_early(status: int) -> None:
    with pytest.raises(Busy, match=f"{status}: queue full") as raised:
        raising(status, {"error": {"root_cause": [{"reason": "queue full"}]}}, **{"retry-after": "7"}).send(BODY)
    assert raised.value.wait == 7.0


def test_a_request_that_is_too_large() -> None:
    with pytest.raises(BatchTooLarge, match="413: Request size exceeded"):
        raising(413, {"Message": "Request size exceeded 10485760 bytes"}).send(BODY)


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (403, {"Message": "User is not authorized"}, "_bulk to the index docs answered 403: User is not authorized"),
        (500, b"<html>", "_bulk to the index docs answered 500: <html>"),
        (200, b"<html>", "got an answer that is not OpenSearch's"),
        (200, {"items": []}, "got an answer that is not OpenSearch's"),
        (200, {"items": [{"index": {}}, {"index": 3}]}, "got an answer that is not OpenSearch's"),
    ],
)
def test_what_no_later_request_can_mend(status: int, body: Any, sentence: str) -> None:
    with pytest.raises(Stopped, match=sentence):
        raising(status, body).send(BODY)


@pytest.mark.parametrize(("status", "shown"), [(401, "no key like …"), (400, "no key like abc-DEF-0123456789")])
def test_what_is_quoted_is_without_keys(status: int, shown: str) -> None:
    error = {"type": "x", "reason": "your key: sk-12345678 is no key like abc-DEF-0123456789"}
    content = json.dumps({"items": [{"index": {"status": status, "error": error}}]}).encode()
    [response] = Bulk(lambda _: BulkResponse(200, {}, content), "docs").send([b"x"])
    assert response.reason == f"your key: … is {shown}"
