"""After a move to a new connector, a model answers through it before the move counts as done."""

from collections.abc import Iterator
from typing import Any

import pytest

from calls.backoff import Backoff
from mlcommons import Client, MockTransport, Owner, Patience, Request, Response, apply, kind_named
from mlcommons.moving import NODES_SECONDS, RELOAD_SECONDS, SHOW_SECONDS, move
from tests.unit.kernel_clock import Clock

MODEL, OLD, NEW = "boDJ-6EBbbdF-gGrEIkv", "aoDJ-6EBbbdF-gGrEIku", "coDJ-6EBbbdF-gGrEIkw"
OWNER = Owner("stack", "Model")


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


class Node:
    """An engine of one node, which has `loaded` the model with a connector, whatever its document says.

    As in ml-commons 3.4, a PUT loads the model again only if the document says that it is deployed, and a deploy does
    nothing if it is loaded. The provider of the old connector refuses the body of the new one.
    """

    def __init__(self, state: str, loaded: str | None) -> None:
        self.document: dict[str, Any] = {
            "name": "m",
            "description": f"(osml:{OWNER})",
            "model_group_id": "g",
            "connector_id": OLD,
            "model_state": state,
        }
        self.loaded = loaded

    def __call__(self, request: Request) -> Response:
        verb = request.path.rpartition("/")[2]
        if request.path == "/":
            return Response(200, {"version": {"number": "3.6.0"}})
        if "/profile/" in request.path:
            return _shown(a=self.loaded) if self.loaded else Response(200, {})
        if verb == "_search":
            return Response(200, {"hits": {"hits": []}})
        if verb == "_predict":
            self.loaded = self.loaded or self.document["connector_id"]
            if self.loaded == OLD:
                reason = "Error from remote service: missing field `messages`"
                return Response(422, {"error": {"reason": reason}, "status": 422})
            return Response(200, {"inference_results": [{"output": [{"dataAsMap": {}}]}]})
        if verb == "_undeploy":
            self.loaded, self.document["model_state"] = None, "UNDEPLOYED"
        elif verb == "_deploy":
            self.loaded, self.document["model_state"] = self.loaded or self.document["connector_id"], "DEPLOYED"
        elif request.method == "PUT":
            self.document |= request.body
            if self.document["model_state"] == "DEPLOYED" and self.loaded:
                self.loaded = self.document["connector_id"]
        return Response(200, self.document)


@pytest.mark.parametrize("state", ["DEPLOYED", "UNDEPLOYED", "DEPLOY_FAILED"])
@pytest.mark.parametrize("loaded", [None, OLD])
def test_a_model_answers_through_its_new_connector_whatever_its_state_says(state: str, loaded: str | None) -> None:
    node, clock = Node(state, loaded), Clock()
    client = Client(MockTransport(node), Patience(clock=clock, sleep=clock.sleep))
    spec = {"name": "m", "model_group_id": "g", "connector_id": NEW, "probe": {"parameters": {}}}
    outcome = apply(kind_named("Model"), spec, client=client, owner=OWNER, physical_id=MODEL)
    assert "updated connector_id" in outcome.note
    assert node.loaded == NEW
