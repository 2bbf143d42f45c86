"""Loading NDJSON: every document is accounted for."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from osml import documents
from osml.documents import Report
from osml.domain import Disconnected, Domain
from osml.failure import Failure

HOSTILE = 'quote " backslash \\ newline \n tab \t emoji 🗽 rtl שלום control \x01 bar ｜'


class Reply:
    def __init__(self, status: int, body: Any) -> None:
        self.status_code, self.body, self.ok = status, body, status < 400
        self.text, self.headers = json.dumps(body), dict[str, str]()

    def json(self) -> Any:
        return self.body


class RecordingDomain:
    """Answers `_bulk` from a script of item outcomes and keeps what was sent."""

    def __init__(self, outcome: Any) -> None:
        self.outcome, self.refreshed = outcome, 0
        self.sent: list[list[tuple[dict[str, Any], dict[str, Any]]]] = []

    def request(self, method: str, path: str, *, data: bytes, headers: dict[str, str]) -> Reply:
        lines = [json.loads(line) for line in data.decode().splitlines()]
        batch = list(zip(lines[::2], lines[1::2], strict=True))
        self.sent.append(batch)
        items = [self.outcome(action["index"]["_id"], len(self.sent)) for action, _ in batch]
        return Reply(200, {"items": [{"index": item} for item in items]})

    def patiently(self, method: str, path: str) -> dict[str, Any]:
        self.refreshed += 1
        return {}


def created(key: str, call: int) -> dict[str, Any]:
    return {"_id": key, "status": 201, "result": "created"}


def write(path: Path, *lines: Any) -> Path:
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines) + "\n")
    return path


def load(domain: RecordingDomain, file: Path) -> Report:
    report = Report()
    documents.load(
        cast(Domain, domain), "docs", documents.read(file, "text", report), report, lambda n: None, lambda s: None
    )
    return report


def test_every_line_becomes_a_document(tmp_path: Path) -> None:
    domain = RecordingDomain(created)
    report = load(domain, write(tmp_path / "a.ndjson", {"id": "1", "text": "a"}, "", {"id": 2, "text": "b"}))
    assert (report.created, report.errors) == (2, [])
    assert [action["index"]["_id"] for action, _ in domain.sent[0]] == ["1", "2"]
    assert domain.refreshed == 1


def test_hostile_text_arrives_as_it_was(tmp_path: Path) -> None:
    domain = RecordingDomain(created)
    load(domain, write(tmp_path / "a.ndjson", {"id": "1", "text": HOSTILE}))
    assert domain.sent[0][0][1]["text"] == HOSTILE


def test_a_document_is_a_passage_of_itself(tmp_path: Path) -> None:
    domain = RecordingDomain(created)
    load(domain, write(tmp_path / "a.ndjson", {"id": 7, "text": "a", "title": "A", "document": "other"}))
    assert domain.sent[0][0][1] == {"id": "7", "document": "7", "text": "a", "title": "A"}


def test_bad_lines_are_named_and_the_rest_is_loaded(tmp_path: Path) -> None:
    domain = RecordingDomain(created)
    report = load(domain, write(tmp_path / "a.ndjson", "{nope", "[]", {"text": 3}, {"id": "4", "text": "good"}))
    assert report.created == 1
    assert [error.split(": ")[0].rsplit(":", 1)[1] for error in report.errors] == ["1", "2", "3"]


def test_without_an_id_the_same_document_gets_the_same_one(tmp_path: Path) -> None:
    file = write(tmp_path / "a.ndjson", {"text": "a", "year": 1}, {"year": 1, "text": "a"}, {"text": "b"})
    first, second, third = documents.read(file, "text", Report())
    assert first.id == second.id != third.id


def test_only_throttled_documents_are_sent_again(tmp_path: Path) -> None:
    def throttle_two_once(key: str, call: int) -> dict[str, Any]:
        if key == "2" and call == 1:
            return {"_id": key, "status": 429, "error": {"type": "x", "reason": "rejected"}}
        return created(key, call)

    domain = RecordingDomain(throttle_two_once)
    report = load(domain, write(tmp_path / "a.ndjson", *({"id": str(n), "text": "t"} for n in range(4))))
    assert [len(batch) for batch in domain.sent] == [4, 1]
    assert (report.created, report.errors) == (4, [])


def test_a_throttled_embedding_call_counts_as_throttled(tmp_path: Path) -> None:
    def embedding_throttled_once(key: str, call: int) -> dict[str, Any]:
        if call == 1:
            reason = "Error from remote service: Too Many Requests"
            return {"_id": key, "status": 400, "error": {"type": "exception", "reason": reason}}
        return created(key, call)

    report = load(RecordingDomain(embedding_throttled_once), write(tmp_path / "a.ndjson", {"id": "1", "text": "t"}))
    assert (report.created, report.errors) == (1, [])


def test_a_document_waits_while_its_index_takes_no_writes(tmp_path: Path) -> None:
    def frozen_once(key: str, call: int) -> dict[str, Any]:
        if call == 1:
            reason = "index [docs-1] blocked by: [FORBIDDEN/8/index write (api)];"
            return {"_id": key, "status": 403, "error": {"type": "cluster_block_exception", "reason": reason}}
        return created(key, call)

    report = load(RecordingDomain(frozen_once), write(tmp_path / "a.ndjson", {"id": "1", "text": "t"}))
    assert (report.created, report.errors) == (1, [])


def test_what_stays_throttled_is_reported_not_dropped(tmp_path: Path) -> None:
    def always(key: str, call: int) -> dict[str, Any]:
        return {"_id": key, "status": 429, "error": {"reason": "queue full"}}

    report = load(RecordingDomain(always), write(tmp_path / "a.ndjson", {"id": "1", "text": "t"}))
    assert report.created == 0
    assert len(report.errors) == 1
    assert "queue full" in report.errors[0]


def test_a_refused_document_is_an_error_with_its_reason(tmp_path: Path) -> None:
    def refused(key: str, call: int) -> dict[str, Any]:
        return {"_id": key, "status": 400, "error": {"reason": "failed to parse field [year]"}}

    report = load(RecordingDomain(refused), write(tmp_path / "a.ndjson", {"id": "1", "text": "t"}))
    assert report.errors == [f"{tmp_path / 'a.ndjson'}:1: failed to parse field [year]"]


@pytest.mark.parametrize("count", [1, 64, 65, 200])
def test_batches_hold_at_most_64_documents(tmp_path: Path, count: int) -> None:
    domain = RecordingDomain(created)
    report = load(domain, write(tmp_path / "a.ndjson", *({"id": str(n), "text": "t"} for n in range(count))))
    assert report.created == count
    assert max(map(len, domain.sent)) <= 64


def test_a_failing_bulk_request_names_the_reason(tmp_path: Path) -> None:
    class Refusing(RecordingDomain):
        def request(self, method: str, path: str, *, data: bytes, headers: dict[str, str]) -> Reply:
            return Reply(403, {"Message": "User is not authorized"})

    with pytest.raises(Failure, match="403: User is not authorized"):
        load(Refusing(created), write(tmp_path / "a.ndjson", {"id": "1", "text": "t"}))


class Leaving(RecordingDomain):
    """Breaks the connection of the first `gone` requests, each after the documents were stored."""

    def __init__(self, gone: int) -> None:
        super().__init__(lambda key, call: created(key, call) if call == 1 else {"status": 200, "result": "updated"})
        self.gone = gone

    def request(self, method: str, path: str, *, data: bytes, headers: dict[str, str]) -> Reply:
        answer = super().request(method, path, data=data, headers=headers)
        if len(self.sent) <= self.gone:
            raise Disconnected("POST _bulk got no answer: connection reset")
        return answer


def test_after_a_broken_connection_the_same_ids_are_sent_again(tmp_path: Path) -> None:
    domain = Leaving(2)
    report = load(domain, write(tmp_path / "a.ndjson", {"text": "a"}, {"text": "b"}))
    assert (report.created, report.updated, report.errors) == (0, 2, [])
    assert domain.sent[0] == domain.sent[1] == domain.sent[2]


def test_what_nobody_answered_for_is_reported_and_nothing_more_is_sent(tmp_path: Path) -> None:
    domain, report = Leaving(1000), Report()
    read = documents.read(write(tmp_path / "a.ndjson", *({"text": str(n)} for n in range(100))), "text", report)
    with pytest.raises(Failure, match="not doubled"):
        documents.load(cast(Domain, domain), "docs", read, report, lambda n: None, lambda s: None)
    assert len(domain.sent) == documents.ATTEMPTS
    assert len(report.errors) == 64
    assert "connection reset" in report.errors[0]
