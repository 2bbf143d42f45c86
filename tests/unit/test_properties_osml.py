"""Whatever files hold and servers answer, `osml` ends in a result or in one sentence, and counts every document."""

import json
from collections.abc import Callable
from typing import Any, cast

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from osml import documents, functions, question, storing
from osml import domain as domain_module
from osml.documents import Document, Report
from osml.domain import Domain
from osml.failure import Failure
from osml.functions import Functions, Reply
from osml.stack import Knowledge
from tests.unit.properties import examples, shown, spoiled, values

KNOWLEDGE = Knowledge(
    "https://domain.example", "us-east-1", "i", "p", "m", "answer", "deepseek-chat", "arn", "text", "embedding"
)
SEARCH = {
    "took": 3,
    "hits": {"hits": [{"_id": "a", "_score": 0.5, "_source": {"text": "t"}}]},
    "ext": {"retrieval_augmented_generation": {"answer": "yes"}},
}
BULK = {"items": [{"index": {"_id": str(n), "status": 201, "result": "created"}} for n in range(3)]}
DOCUMENTS = {"documents": [{"id": str(n), "status": "stored"} for n in range(3)]}
STATUSES = st.sampled_from([200, 200, 200, 302, 400, 401, 403, 404, 413, 429, 500, 503])


def ends_in_a_sentence(act: Callable[[], Any]) -> None:
    sentence = "one"
    try:
        act()
    except Failure as failure:
        sentence = str(failure)
    assert sentence.strip()


class Drawn(requests.Session):
    """Answers with what is drawn: mostly JSON that is nearly right."""

    def __init__(self, data: st.DataObject, right: Callable[[str], Any]) -> None:
        super().__init__()
        self.data, self.right = data, right

    def request(self, method: str | bytes, url: str | bytes, *_: Any, **__: Any) -> requests.Response:
        answer = requests.Response()
        answer.status_code = self.data.draw(STATUSES)
        good = self.right(str(url))
        body = self.data.draw(st.just(good) | spoiled(good) | values() | st.binary(max_size=9))
        answer._content = body if isinstance(body, bytes) else json.dumps(body).encode()
        retry = self.data.draw(st.sampled_from(["", "0", "soon", "-1", "nan"]))
        answer.headers.update({"retry-after": retry} if retry else {})
        return answer


def drawn_domain(monkeypatch: pytest.MonkeyPatch, data: st.DataObject, right: Callable[[str], Any]) -> Domain:
    with monkeypatch.context() as patch:
        patch.setattr(domain_module, "_auth", lambda _: None)
        made = Domain(KNOWLEDGE)
    made._session = Drawn(data, right)
    return made


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


@examples(20)
@given(data=st.data())
def test_a_question(monkeypatch: pytest.MonkeyPatch, data: st.DataObject) -> None:
    made = drawn_domain(monkeypatch, data, lambda url: {"i-1": {}} if url.endswith("_alias") else SEARCH)
    ends_in_a_sentence(lambda: question.ask(made, KNOWLEDGE, data.draw(st.text(max_size=9))))


@examples(20)
@given(data=st.data())
def test_every_document_is_counted_once(monkeypatch: pytest.MonkeyPatch, data: st.DataObject) -> None:
    made, report = drawn_domain(monkeypatch, data, lambda _: BULK), Report()
    batch = [Document(str(n), {"text": "t"}, f"f:{n}", 9) for n in range(3)]
    ends_in_a_sentence(lambda: documents.load(made, "i", batch, report, done=lambda _: None, sleep=lambda _: None))
    assert report.created + report.updated + len(report.errors) == len(batch)


@examples(20)
@given(lines=st.lists(values(("text", "id")).map(json.dumps) | st.text('{}[]":,a1\\ud8', max_size=12), max_size=4))
def test_lines_of_a_file(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    file, report = tmp_path_factory.getbasetemp() / "drawn.ndjson", Report()
    file.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    for document in documents.read(file, "text", report):
        json.dumps(document.source).encode()
    assert all(str(file) in error for error in report.errors)


class Payload:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self) -> bytes:
        return self.data


@examples(30)
@given(payload=spoiled({"statusCode": 200, "body": json.dumps(DOCUMENTS), "headers": {"Retry-After": "3"}}) | values())
def test_what_a_function_replies(payload: Any) -> None:
    ends_in_a_sentence(lambda: functions._reply("the-function", shown(payload)))


@examples(20)
@given(data=st.data())
def test_documents_of_an_assistant_are_counted_once(data: st.DataObject) -> None:
    class Replying:
        def post(self, path: str, body: dict[str, Any]) -> Reply:
            said = data.draw(st.just(DOCUMENTS) | spoiled(DOCUMENTS))
            return Reply(data.draw(STATUSES), said if isinstance(said, dict) else {}, None)

    report = Report(stored=0)
    batch = [Document(str(n), {"text": "t"}, f"f:{n}", 9) for n in range(3)]
    ends_in_a_sentence(
        lambda: storing.load(
            cast(Functions, Replying()), "text", 10_000, batch, report, done=lambda _: None, sleep=lambda _: None
        )
    )
    assert (report.stored or 0) + len(report.errors) == len(batch)
