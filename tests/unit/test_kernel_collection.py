"""A serverless collection: refusals of the first minute, indexes that appear late, and what its own answers mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from mlcommons import Client, Collection, MockTransport, Owner, Patience, Request, Response, apply, destroy, kind_named
from mlcommons.errors import Conflict, NotFound, PermissionMissing, ProvisioningError, Unreachable, Unready
from mlcommons.translation import error_of

OWNER = Owner("osml-dev-knowledge", "Index")
ROLE = "arn:aws:iam::111122223333:role/osml-dev-search-Provisioner"
COLLECTION = Collection("osml-dev-data", ROLE)
FORBIDDEN = Response(403, {"status": 403, "error": {"reason": "403 Forbidden", "type": "Forbidden"}})
SPEC: dict[str, Any] = {
    "name": "passages",
    "body": {"settings": {"index": {"knn": True}}, "mappings": {"properties": {"text": {"type": "text"}}}},
}
Handler = Callable[[Request], Response]


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Indexes:
    """The indexes of a collection in its own form: nested settings, numbers as text."""

    hidden_until: float = 0.0
    clock: Clock = field(default_factory=Clock)
    made: dict[str, Any] = field(default_factory=dict)

    def __call__(self, request: Request) -> Response:
        name = request.path.split("/")[1]
        if request.method == "PUT" and request.path == f"/{name}":
            if name in self.made:
                reason = {"type": "resource_already_exists_exception", "reason": f"index [{name}] already exists"}
                return Response(400, {"error": reason, "status": 400})
            self.made[name] = request.body
            return Response(200, {"acknowledged": True})
        if name not in self.made or self.clock() < self.hidden_until:
            error = {"type": "index_not_found_exception", "reason": f"no such index [{name}]"}
            return Response(404, {"error": error, "status": 404})
        if request.method == "DELETE":
            del self.made[name]
        settings = {"index": {"knn": "true", "number_of_shards": "2", "provided_name": name}}
        return Response(200, {name: {"settings": settings, "mappings": self.made.get(name, {}).get("mappings", {})}})


def _client(handler: Handler, clock: Clock, seconds: float = 300.0) -> tuple[Client, MockTransport]:
    patience = Patience(seconds, 20.0, clock=clock, sleep=clock.sleep, jitter=lambda: 0.5)
    transport = MockTransport(handler)
    return Client(transport, patience, collection=COLLECTION), transport


def _refusing(inner: Indexes, seconds: float, answer: Response = FORBIDDEN) -> Handler:
    return lambda request: answer if inner.clock() < seconds else inner(request)


@pytest.mark.parametrize(
    "refusal",
    [
        FORBIDDEN,
        Response(403, {"error": {"type": "authorization_exception", "reason": "User does not have permissions"}}),
        Response(401, "", {"x-aoss-response-hint": "X01:network-policy-deny"}),
    ],
)
def test_a_policy_that_has_not_spread_is_waited_for(refusal: Response) -> None:
    indexes = Indexes()
    client, _ = _client(_refusing(indexes, 60.0, refusal), indexes.clock)
    made = apply(kind_named("Index"), SPEC, client=client, owner=OWNER)
    assert made.physical_id == "passages"
    assert 60 <= indexes.clock() < 70
    client, transport = _client(_refusing(indexes, indexes.clock() + 50.0, refusal), indexes.clock)
    assert destroy(kind_named("Index"), "passages", client=client, owner=OWNER).changed
    assert indexes.made == {}
    assert len(transport.requests) > 2


def test_a_lasting_refusal_names_whom_the_policy_must_name() -> None:
    indexes = Indexes()
    client, transport = _client(_refusing(indexes, 1000.0), indexes.clock)
    with pytest.raises(PermissionMissing) as failure:
        apply(kind_named("Index"), SPEC, client=client, owner=OWNER)
    assert str(failure.value) == f"GET /passages: 403 Forbidden. Name {ROLE} in the data access policy osml-dev-data."
    assert 70 < indexes.clock() < 90
    assert transport.writes == []


def test_the_wait_ends_with_the_invocation() -> None:
    indexes = Indexes()
    client, _ = _client(_refusing(indexes, 1000.0), indexes.clock, seconds=30.0)
    with pytest.raises(PermissionMissing):
        apply(kind_named("Index"), SPEC, client=client, owner=OWNER)
    assert indexes.clock() <= 30


def test_a_domain_is_waited_for_only_as_long_as_iam_takes_to_spread() -> None:
    clock = Clock()
    transport = MockTransport(lambda _: FORBIDDEN)
    client = Client(transport, Patience(60.0, 20.0, clock=clock, sleep=clock.sleep))
    with pytest.raises(PermissionMissing, match="Check the signing role's IAM policy on the domain"):
        client.get("/passages")
    assert 20 <= clock() < 30


def test_an_index_that_shows_late_is_waited_for() -> None:
    indexes = Indexes(hidden_until=10.0)
    client, transport = _client(indexes, indexes.clock)
    assert apply(kind_named("Index"), SPEC, client=client, owner=OWNER).changed
    assert [request.target for request in transport.writes] == ["/passages"]
    assert not apply(kind_named("Index"), SPEC, client=client, owner=OWNER, physical_id="passages").changed


def test_an_index_that_never_shows_is_an_error() -> None:
    indexes = Indexes(hidden_until=1000.0)
    client, _ = _client(indexes, indexes.clock)
    with pytest.raises(Unready, match="it does not exist"):
        apply(kind_named("Index"), SPEC, client=client, owner=OWNER)


def test_a_create_that_finds_its_own_late_index_is_a_success() -> None:
    """The answer to the first create was lost, and a read did not show the index yet."""
    indexes = Indexes(hidden_until=3.0)
    lost = [Response(502, "")]

    def losing(request: Request) -> Response:
        answer = indexes(request)
        return lost.pop() if request.method == "PUT" and lost else answer

    client, transport = _client(losing, indexes.clock)
    assert apply(kind_named("Index"), SPEC, client=client, owner=OWNER).physical_id == "passages"
    assert len(transport.writes) > 1


@pytest.mark.parametrize(
    ("answer", "kind", "sentence"),
    [
        (FORBIDDEN, PermissionMissing, f"X: 403 Forbidden. Name {ROLE} in the data access policy osml-dev-data."),
        (
            Response(403, "", {"x-aoss-response-hint": "X01:gw-helper-deny"}),
            PermissionMissing,
            f"X: 403. Allow {ROLE} aoss:APIAccessAll on the collection.",
        ),
        (
            Response(401, "", {"x-aoss-response-hint": "X01:network-policy-deny"}),
            PermissionMissing,
            "X: 401. Allow the request",
        ),
        (Response(404, ""), Unreachable, "X: 404. A serverless collection does not offer this API."),
        (
            Response(404, {"status": 404, "error": {"reason": "404 Not Found", "type": "Not Found"}}),
            Unreachable,
            "X: 404 Not Found. The answer is not OpenSearch's",
        ),
        (
            Response(
                404, {"status": 404, "error": {"type": "index_not_found_exception", "reason": "no such index [x]"}}
            ),
            NotFound,
            "X: 404 no such index [x].",
        ),
        (
            Response(400, {"status": 400, "error": {"type": "resource_already_exists_exception", "reason": "exists"}}),
            Conflict,
            "X: 400 exists.",
        ),
    ],
)
def test_its_answers_are_sentences(answer: Response, kind: type[ProvisioningError], sentence: str) -> None:
    error = error_of("X", answer, COLLECTION)
    assert type(error) is kind
    assert str(error).startswith(sentence)
