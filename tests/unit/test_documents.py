"""Documents on their way to a domain: the load understands the answers of the domain's client."""

import json
from typing import Any, cast

import pytest

from corpus.destination import Busy, Stopped, Verdict
from osml.failure import Failure
from osml.ingest import documents
from osml.remote.domain import Disconnected, Domain


class Answering:
    """A domain that gives the same answer to everything, or raises."""

    def __init__(self, status: int = 200, body: Any = None, error: Failure | None = None) -> None:
        self.status_code, self.content, self.error = status, json.dumps(body).encode(), error
        self.headers = {"Retry-After": "3"}
        self.requested: list[tuple[str, str, dict[str, Any]]] = []

    def request(self, method: str, path: str, **options: Any) -> "Answering":
        self.requested.append((method, path, options))
        if self.error:
            raise self.error
        return self


def send(domain: Answering) -> Any:
    return documents.bulk(cast(Domain, domain), "docs").send([b"a\n", b"b\n"])


def test_a_batch_is_one_request_that_makes_no_index() -> None:
    created = {"index": {"status": 201, "result": "created"}}
    domain = Answering(200, {"items": [created, created]})
    assert [outcome.verdict for outcome in send(domain)] == [Verdict.CREATED] * 2
    ((method, path, options),) = domain.requested
    assert (method, path.partition("&")[0]) == ("POST", "/_bulk?require_alias=true")
    assert options == {"data": b"a\nb\n", "headers": {"content-type": "application/x-ndjson"}}


def test_a_busy_domain_says_when_to_come_again() -> None:
    with pytest.raises(Busy, match="503: away") as raised:
        send(Answering(503, {"message": "away"}))
    assert (raised.value.wait, raised.value.unsure) == (3.0, False)


def test_after_a_broken_connection_nobody_knows() -> None:
    with pytest.raises(Busy, match="reset") as raised:
        send(Answering(error=Disconnected("POST got no answer: reset")))
    assert raised.value.unsure


def test_another_failure_ends_it() -> None:
    with pytest.raises(Stopped, match="Assuming the operator role failed"):
        send(Answering(error=Failure("Assuming the operator role failed")))


def test_a_key_in_an_answer_is_not_repeated() -> None:
    said = {"error": {"reason": "Authentication fails, your api key: sk-abcdefghijklmnopqrstuv is invalid"}}
    with pytest.raises(Stopped) as raised:
        send(Answering(401, said))
    assert "sk-abcdef" not in str(raised.value)
