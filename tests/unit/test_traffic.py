"""The traffic of the end-to-end tests detects lost, doubled, changed, bare, refused or wrongly answered items."""

import json
from typing import Any

import pytest

from osml.failure import Failure
from osml.remote.stack import Knowledge
from rag.models import Answer
from tests import answers
from tests.e2e import traffic as module
from tests.e2e.traffic import Account, Traffic
from tests.waiting import until

KNOWLEDGE = Knowledge(
    endpoint="https://domain",
    region="us-east-1",
    index="i",
    search_pipeline="p",
    embedding_model_id="m",
    answer_model_id="a",
    llm_model="l",
    operator_role_arn="arn",
    text_field="text",
    embedding_field="embedding",
)


class Reply:
    ok, status_code, headers = True, 200, dict[str, str]()

    def __init__(self, body: Any) -> None:
        self._body, self.content = body, json.dumps(body).encode()

    def json(self) -> Any:
        return self._body


class Index:
    """An index in memory that treats the document whose id ends in 00002 as `fault` says."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.held: list[tuple[str, str]] = [("older", "one")]
        self.bare: set[str] = set()

    def request(self, method: str, path: str, *, data: bytes, headers: dict[str, str]) -> Reply:
        lines = [json.loads(line) for line in data.decode().splitlines()]
        if self.fault == "down":
            raise Failure("POST /_bulk got no answer")
        return Reply({"items": [{"index": self._store(a["index"]["_id"], d["text"])} for a, d in _pairs(lines)]})

    def _store(self, name: str, text: str) -> dict[str, Any]:
        fault = self.fault if name.endswith("00002") else ""
        if fault == "refused":
            return {"status": 400, "error": {"type": "x", "reason": "no vector"}}
        if fault != "lost":
            self.held.append((name, "another" if fault == "changed" else text))
        if fault == "doubled":
            self.held.append((name, text))
        if fault == "stranger":
            self.held.append(("unknown", text))
        if fault == "bare":
            self.bare.add(name)
        return {"status": 201, "result": "created"}

    def patiently(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        if path.endswith("_count"):
            return {"count": len(self.held)}
        if path.endswith("_refresh"):
            return {}
        if path.endswith("_mget"):
            [name] = options["json"]["ids"]
            source = dict(self.held).get(name)
            return {"docs": [{"_id": name, "found": source is not None, "_source": {"text": source}}]}
        ids = options["json"]["query"]["bool"]["filter"][0]["ids"]["values"]
        passages = [(name, text) for name, text in self.held if name in ids and name not in self.bare]
        return {"hits": {"hits": [{"_id": name, "_source": {"text": text}} for name, text in passages]}}


def _pairs(lines: list[Any]) -> list[tuple[Any, Any]]:
    return list(zip(lines[::2], lines[1::2], strict=True))


def ask(domain: Any, knowledge: Knowledge, question: str) -> Answer:
    figure, source = module.facts()[question]
    return answers.answer(f"It had {figure} residents.", answers.source(source, 1.0, "…"), model="m")


def account(monkeypatch: pytest.MonkeyPatch, fault: str = "", answering: Any = ask) -> Account:
    index: Any = Index(fault)
    monkeypatch.setattr("osml.ask.question.ask", answering)
    traffic = Traffic(KNOWLEDGE, "run", questions=200, documents=200, domain=lambda: index)
    with traffic.running() as traffic_account:
        until("traffic", lambda: min(traffic_account.questions, len(traffic.sent)), lambda number: number >= 12)
    return traffic_account


def test_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    tally = account(monkeypatch)
    assert tally.faults == {}
    assert min(tally.questions, tally.sent) >= 12


@pytest.mark.parametrize(
    ("fault", "instead"),
    [("lost", "not there"), ("changed", "holds {'text': 'another'}"), ("bare", "holds {'text': ")],
)
def test_a_document_that_is_not_there_as_it_was_sent_is_named(
    fault: str, instead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = account(monkeypatch, fault)
    [(lost, there)] = result.lost.items()
    assert lost.endswith("-00002")
    assert there.startswith(instead)
    assert result.doubled == []


def test_a_doubled_document_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    [doubled] = account(monkeypatch, "doubled").faults["doubled"]
    assert doubled.endswith("-00002")


def test_a_document_that_nobody_sent_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert account(monkeypatch, "stranger").faults == {"strangers": 1}


def test_a_refused_document_is_named_with_its_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    result = account(monkeypatch, "refused")
    assert list(result.faults) == ["refused"]
    assert list(result.refused.values()) == ["no vector"]


def test_what_nobody_acknowledged_is_refused_and_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    result = account(monkeypatch, "down")
    assert list(result.faults) == ["refused"]
    assert len(result.refused) == result.sent


@pytest.mark.parametrize("fault", [Failure("503: busy"), KeyError("hits"), None])
def test_a_question_without_the_right_answer_is_named(fault: Exception | None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(domain: Any, knowledge: Knowledge, question: str) -> Answer:
        if "Austin" in question and fault:
            raise fault
        answer = ask(domain, knowledge, question)
        return answers.answer("I do not know.", *answer.sources, model="m") if "Austin" in question else answer

    result = account(monkeypatch, answering=fails)
    assert list(result.faults) == ["failed"]
    assert {name.partition(": ")[2] for name in result.failed} == {
        "How many people lived in the Austin metro area in 2023?"
    }
