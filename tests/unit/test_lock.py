"""A lock that is lost, taken over or unavailable, on a cluster with one template in memory."""

from typing import Any

import pytest

from mlcommons import Client, MockTransport, Owner, Patience, Request, Response, apply, kind_named
from mlcommons.errors import Conflict, EngineFailed, Unanswered
from mlcommons.lock import ABANDONED_AFTER, lock


class Cluster:
    """Stores the ticket of the lock's holder; `lose` is the method whose next answer is lost."""

    def __init__(self, ticket: str = "", lose: str = "") -> None:
        self.ticket, self.lose = ticket, lose
        self.refusal: Response | None = None

    def __call__(self, request: Request) -> Response:
        if self.refusal:
            return self.refusal
        answer = self._answer(request)
        if request.method == self.lose:
            self.lose = ""
            raise Unanswered("Trying", "no answer")
        return answer

    def _answer(self, request: Request) -> Response:
        missing = Response(404, {"error": {"reason": "missing"}, "status": 404})
        if request.method == "PUT":
            assert request.query == {"create": "true"}
            if self.ticket:
                return Response(400, {"error": {"reason": "component template [osml-lock] already exists"}})
            self.ticket = request.body["_meta"]["osml"]
        elif request.method == "DELETE":
            if not self.ticket:
                return missing
            self.ticket = ""
        elif not self.ticket:
            return missing
        else:
            template: dict[str, Any] = {"template": {}, "_meta": {"osml": self.ticket}}
            return Response(200, {"component_templates": [{"name": "x", "component_template": template}]})
        return Response(200, {"acknowledged": True})


def _client(cluster: Cluster, seconds: float = 60.0) -> tuple[Client, list[float]]:
    now = [0.0]

    def sleep(pause: float) -> None:
        now[0] += pause

    return Client(MockTransport(cluster), Patience(seconds=seconds, clock=lambda: now[0], sleep=sleep)), now


def test_a_lock_costs_two_requests_and_leaves_nothing() -> None:
    cluster = Cluster()
    client, _ = _client(cluster)
    with lock(client) as held:
        assert held
        assert cluster.ticket
    assert cluster.ticket == ""


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_lost_answer_neither_locks_twice_nor_releases_the_lock_of_another(method: str) -> None:
    cluster = Cluster(lose=method)
    client, _ = _client(cluster)
    with lock(client) as held:
        assert held
    assert cluster.ticket == ""


def test_the_lock_of_a_dead_writer_is_taken_over() -> None:
    cluster = Cluster("somebody")
    client, now = _client(cluster)
    with lock(client) as held:
        assert held
        assert cluster.ticket != "somebody"
        assert now[0] > ABANDONED_AFTER
    assert cluster.ticket == ""


def test_a_slow_holder_does_not_release_the_lock_of_another() -> None:
    cluster = Cluster()
    client, now = _client(cluster)
    with lock(client):
        now[0] += ABANDONED_AFTER + 1
        cluster.ticket = "somebody"
    assert cluster.ticket == "somebody"


def test_others_that_hold_it_until_the_end_are_an_error() -> None:
    client, now = _client(Cluster("somebody"), seconds=5.0)
    with pytest.raises(Conflict, match="osml-lock"), lock(client):
        pass
    assert now[0] <= 5


@pytest.mark.parametrize(
    "refusal",
    [
        Response(403, {"message": "no permissions for [cluster:admin/component_template/put]"}),
        Response(401, {"Message": "Your request: '/_component_template' is not allowed."}),
        Response(400, {"error": "no handler found for uri [/_component_template/osml-lock] and method [PUT]"}),
        Response(405, {"error": "Incorrect HTTP method for uri", "status": 405}),
    ],
)
def test_an_engine_that_grants_no_lock_is_not_waited_for(refusal: Response) -> None:
    cluster = Cluster()
    cluster.refusal = refusal
    client, now = _client(cluster)
    with lock(client) as held:
        assert not held
    assert now == [0.0]


def test_an_engine_that_breaks_is_an_error() -> None:
    cluster = Cluster()
    cluster.refusal = Response(500, {"error": {"reason": "broken"}, "status": 500})
    client, _ = _client(cluster)
    with pytest.raises(EngineFailed), lock(client):
        pass


SETTING = "plugins.ml_commons.trusted_connector_endpoints_regex"
THEIRS = "^https://theirs\\.example/.*$|^osml:theirs/Trusted$"


class SlowSettings:
    """A list of trusted endpoints whose writes take a second each, on a cluster without locks.

    Another writer has read the list before ours is written, and writes it `late` seconds after that.
    """

    def __init__(self, late: float) -> None:
        self.now, self.entries = 0.0, ["^https://default\\.example/.*$"]
        self._late, self._theirs, self._due = late, [*self.entries, THEIRS], float("inf")

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.now >= self._due:
            self.entries, self._due = self._theirs, float("inf")

    def __call__(self, request: Request) -> Response:
        if request.path.startswith("/_component_template"):
            return Response(404, {"error": {"reason": "missing"}, "status": 404})
        if request.method == "PUT":
            self.sleep(1.0)
            self.entries = request.body["persistent"][SETTING]
            self._due, self._late = self.now + self._late, float("inf")
        return Response(200, {"persistent": {SETTING: self.entries}})


@pytest.mark.parametrize("late", [0.2, 2.0, 4.0])
def test_without_locks_what_a_slow_writer_undoes_is_written_again(late: float) -> None:
    settings = SlowSettings(late)
    patience = Patience(seconds=60.0, propagation=0.0, clock=lambda: settings.now, sleep=settings.sleep)
    ours = "^https://ours\\.example/.*$"
    client = Client(MockTransport(settings), patience)
    apply(kind_named("TrustedEndpoints"), {"patterns": [ours]}, client=client, owner=Owner("ours", "Trusted"))
    settings.sleep(60.0)
    assert {f"{ours}|^osml:ours/Trusted$", THEIRS} <= {*settings.entries}
