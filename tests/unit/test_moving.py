"""After a move to a new connector, a model answers through it before the move counts as done."""

from collections.abc import Iterator

import pytest

from calls.backoff import Backoff
from mlcommons import Client, MockTransport, Patience, Request, Response
from mlcommons.moving import NODES_SECONDS, RELOAD_SECONDS, SHOW_SECONDS, move
from tests.unit.kernel_clock import Clock

MODEL = "boDJ-6EBbbdF-gGrEIkv"


def _shown(**nodes: str) -> Response:
    return Response(200, {"nodes": {name: {"models": {MODEL: {"predictor": node}}} for name, node in nodes.items()}})


def _moved(*profiles: Response, version: str = "3.6.0", searches: int = 0) -> tuple[list[str], Clock]:
    """Wait for a moved model; returns the methods of the requests, and the clock. The last profile repeats.

    The first `searches` searches still show the model with its old connector.
    """
    sent, clock = list[str](), Clock()
    answers: Iterator[Response] = iter(profiles)

    def answer(request: Request) -> Response:
        if request.path == "/":
            return Response(200, {"version": {"number": version}})
        sent.append(request.method)
        if request.method == "POST":
            shown = [] if sent.count("POST") <= searches else [{"_id": MODEL, "_source": {}}]
            return Response(200, {"hits": {"hits": shown}})
        return Response(200, {}) if request.method == "PUT" else next(answers, profiles[-1])

    client = Client(MockTransport(answer), Patience(clock=clock, sleep=clock.sleep))
    move(client, MODEL, {"connector_id": "other"})
    return sent, clock


def test_it_is_waited_for_each_node() -> None:
    old, half, new = _shown(a="old", b="old"), _shown(a="new", b="old"), _shown(a="new", b="newer")
    sent, clock = _moved(old, old, half, new)
    assert sent == ["GET", "PUT", "GET", "GET", "GET"]
    assert clock.now < RELOAD_SECONDS


def test_a_model_that_no_node_serves_loads_when_it_is_asked() -> None:
    sent, clock = _moved(Response(200, {}))
    assert sent == ["GET", "PUT", "GET"]
    assert clock.now == 0


@pytest.mark.parametrize("profile", [Response(403, {"error": "no"}), Response(200, {"nodes": {"a": {}}})])
def test_where_nothing_is_told_it_waits_as_long_as_that_takes(profile: Response) -> None:
    sent, clock = _moved(profile)
    assert sent == ["GET", "PUT"]
    assert clock.now == RELOAD_SECONDS


def test_who_shows_the_same_for_ever_is_not_waited_for_for_ever() -> None:
    sent, clock = _moved(_shown(a="old"))
    assert len(sent) > 4
    assert NODES_SECONDS < clock.now <= NODES_SECONDS + Backoff.first


def test_where_updates_show_late_it_is_waited_for_a_search_that_shows_the_model_moved() -> None:
    sent, clock = _moved(_shown(a="old"), _shown(a="new"), version="2.19.1", searches=3)
    assert sent == ["GET", "PUT", "GET", *["POST"] * 4]
    assert clock.now < SHOW_SECONDS


def test_a_search_that_never_shows_it_is_not_waited_for_for_ever() -> None:
    _, clock = _moved(_shown(a="old"), _shown(a="new"), version="2.19.1", searches=1000)
    assert SHOW_SECONDS < clock.now <= SHOW_SECONDS + Backoff.first
