"""With any file and any server answer, `osml` ends with a result or one sentence, and counts every document."""

import contextlib
import io
import itertools
import json
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from corpus.destination import Stopped
from corpus.document import Document
from corpus.formats import Reading
from corpus.load import load
from corpus.report import Report
from corpus.source import read
from osml.ask import question
from osml.failure import Failure
from osml.ingest import documents
from osml.ingest.storing import Storing
from osml.remote import functions
from osml.remote.domain import Domain
from osml.remote.functions import FunctionResponse, Functions
from osml.remote.stack import Knowledge
from tests.unit.properties import examples, shown, spoiled, values

KNOWLEDGE = Knowledge(
    endpoint="https://domain.example",
    region="us-east-1",
    index="i",
    search_pipeline="p",
    embedding_model_id="m",
    answer_model_id="answer",
    llm_model="deepseek-flash",
    operator_role_arn="arn",
    text_field="text",
    embedding_field="embedding",
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
    """Answers with drawn values, mostly nearly correct JSON; they are drawn beforehand: threads must not draw."""

    def __init__(self, data: st.DataObject, right: Callable[[str], Any], paths: Sequence[str] = ("",)) -> None:
        super().__init__()
        self.answers = {path: itertools.cycle([_drawn(data, right(path)) for _ in range(6)]) for path in paths}

    def request(self, method: str | bytes, url: str | bytes, *_: Any, **__: Any) -> requests.Response:
        return next(next(answers for path, answers in self.answers.items() if str(url).endswith(path)))


def _drawn(data: st.DataObject, good: Any) -> requests.Response:
    answer = requests.Response()
    answer.status_code = data.draw(STATUSES)
    body = data.draw(st.just(good) | spoiled(good) | values() | st.binary(max_size=9))
    answer.raw = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
    retry = data.draw(st.sampled_from(["", "0", "soon", "-1", "nan"]))
    answer.headers.update({"retry-after": retry} if retry else {})
    return answer


def drawn_domain(data: st.DataObject, right: Callable[[str], Any], *paths: str) -> Domain:
    return Domain(KNOWLEDGE, Drawn(data, right, [*paths, ""]))


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


@examples(20)
@given(data=st.data())
def test_a_question(monkeypatch: pytest.MonkeyPatch, data: st.DataObject) -> None:
    made = drawn_domain(data, lambda path: {"i-1": {}} if path else SEARCH, "_alias")
    ends_in_a_sentence(lambda: question.ask(made, KNOWLEDGE, data.draw(st.text(max_size=9))))


def counted(made: Callable[[], Any], report: Report) -> None:
    """Load three documents, to the end or until a sentence stops it, and check that all are counted."""
    batch = [Document(str(n), {"text": "t"}, f"f:{n}", str(n)) for n in range(3)]
    with contextlib.suppress(Stopped):
        load(batch, made, report=report, pause=lambda _, __: 0.0)
    assert report.arrived + report.failed == report.read == len(batch)


@examples(20)
@given(data=st.data())
def test_every_document_is_counted_once(monkeypatch: pytest.MonkeyPatch, data: st.DataObject) -> None:
    monkeypatch.setattr("corpus.load.LONGEST_ASKED", 0.0)
    made = drawn_domain(data, lambda _: BULK)
    counted(lambda: documents.bulk(made, "i"), Report())


@examples(20)
@given(lines=st.lists(values(("text", "id")).map(json.dumps) | st.text('{}[]":,a1\\ud8', max_size=12), max_size=4))
def test_lines_of_a_file(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    content = "\n".join(lines).encode("utf-8", "surrogatepass")
    for name in ("drawn.ndjson", "drawn.json", "drawn.csv"):
        for entry in read(io.BytesIO(content), name, Reading("text")):
            assert entry.where.startswith(name)
            json.dumps(entry.source).encode()
            assert isinstance(entry, Document) or entry.reason


class Payload:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self) -> bytes:
        return self.data


@examples(30)
@given(payload=spoiled({"statusCode": 200, "body": json.dumps(DOCUMENTS), "headers": {"Retry-After": "3"}}) | values())
def test_what_a_function_replies(payload: Any) -> None:
    ends_in_a_sentence(lambda: functions.reply("the-function", shown(payload)))


@examples(20)
@given(data=st.data())
def test_documents_of_an_assistant_are_counted_once(data: st.DataObject) -> None:
    said = [data.draw(st.just(DOCUMENTS) | spoiled(DOCUMENTS)) for _ in range(6)]
    drawn = [
        FunctionResponse(data.draw(STATUSES), message if isinstance(message, dict) else {}, None) for message in said
    ]
    replies = itertools.cycle(drawn)

    class Replying:
        def post(self, path: str, body: dict[str, Any]) -> FunctionResponse:
            return next(replies)

    counted(lambda: Storing(cast(Functions, Replying()), "text", 10_000), Report())
