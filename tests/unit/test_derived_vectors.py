"""Vectors that k-NN 3.0 to 3.5 derives: no index is made with them; a corrupted index is found and repaired."""

from typing import Any

import pytest

from mlcommons import Client, MockTransport, Owner, Patience, Request, Response, apply, kind_named
from mlcommons.derived_vectors import BROKEN, MENDING, SETTING
from mlcommons.drift import compare
from mlcommons.owner import digest_of, marked
from mlcommons.watched import Watched
from osml.doctor.checks.objects import name_of

OWNER = Owner("osml-dev-knowledge", "Index")
BODY: dict[str, Any] = {"settings": {"index": {"knn": True}}, "mappings": {"properties": {"text": {"type": "text"}}}}
WATCHED = Watched("Index", "passages", OWNER, {"name": "passages", "body": BODY})
ABSENT = Response(404, {"error": {"type": "index_not_found_exception", "reason": "no such index"}, "status": 404})
FAULTY, SOUND = ["3.0.0", "3.1.0", "3.5.0"], ["2.19.1", "3.6.0", "3.7.0"]


class Engine:
    """An index that does not exist yet, or one whose documents may be unreadable."""

    def __init__(self, version: str, settings: dict[str, str] | None = None, *, broken: bool = False) -> None:
        self.version = version
        self.settings = settings
        self.broken = broken
        self.transport = MockTransport(self)
        self.mappings = BODY["mappings"] | {"_meta": {"osml": marked("", OWNER, digest_of(BODY))}}

    def __call__(self, request: Request) -> Response:
        if request.path == "/":
            return Response(200, {"version": {"number": self.version}})
        if request.path.endswith("/_search"):
            unreadable = self.broken and request.body["_source"] is True
            return (
                Response(503, {"error": {"reason": "all shards failed"}}) if unreadable else Response(200, {"took": 1})
            )
        if request.path.endswith("/_forcemerge"):
            self.broken = False
            return Response(200, {"task": "node:1"})
        if request.path.startswith("/_tasks/"):
            return Response(200, {"completed": True})
        if request.method == "PUT" and request.path == "/passages":
            self.mappings = request.body["mappings"]
            self.settings = {name: str(value).lower() for name, value in _flat(request.body["settings"]).items()}
        return self._shown() if self.settings is not None else ABSENT

    def _shown(self) -> Response:
        return Response(200, {"passages": {"settings": self.settings, "mappings": self.mappings}})

    def client(self) -> Client:
        return Client(self.transport, Patience(10, 0.0, sleep=lambda _: None))


def _flat(settings: dict[str, Any]) -> dict[str, Any]:
    return {f"index.{name}": value for name, value in settings["index"].items()} if "index" in settings else settings


@pytest.mark.parametrize("version", [*FAULTY, *SOUND])
def test_an_index_is_made_without_where_a_scroll_would_break_it(version: str) -> None:
    engine = Engine(version)
    apply(kind_named("Index"), WATCHED.spec, client=engine.client(), owner=OWNER)
    assert (engine.settings or {}).get(SETTING) == ("false" if version in FAULTY else None)
    assert compare(engine.client(), WATCHED).state == "as deployed"


def test_derived_vectors_that_are_requested_are_kept() -> None:
    engine = Engine("3.5.0")
    body = BODY | {"settings": {"index": {"knn": True, "knn.derived_source.enabled": True}}}
    apply(kind_named("Index"), {"name": "passages", "body": body}, client=engine.client(), owner=OWNER)
    assert (engine.settings or {})[SETTING] == "true"


DERIVED = {"index.knn": "true", SETTING: "true"}


@pytest.mark.parametrize("version", FAULTY)
def test_a_broken_index_is_reported_and_repaired(version: str) -> None:
    engine = Engine(version, DERIVED, broken=True)
    comparison = compare(engine.client(), WATCHED)
    assert (comparison.state, comparison.fields, name_of(comparison)) == ("changed", (BROKEN,), "index-unreadable")
    spec = WATCHED.spec
    outcome = apply(WATCHED.verbs, spec, client=engine.client(), owner=OWNER, physical_id=WATCHED.id, previous=spec)
    assert outcome.changed
    assert compare(engine.client(), WATCHED).state == "as deployed"
    sent = [f"{write.method} {write.path}" for write in engine.transport.writes]
    place = sent.index("POST /passages/_forcemerge")
    assert sent[place - 1] == f"PUT /passages/_doc/{MENDING}"
    assert sent[place + 1] == f"DELETE /passages/_doc/{MENDING}"


@pytest.mark.parametrize("version", SOUND)
def test_where_no_scroll_breaks_anything_nobody_looks(version: str) -> None:
    engine = Engine(version, DERIVED, broken=True)
    assert compare(engine.client(), WATCHED).state == "as deployed"
    assert not [request for request in engine.transport.requests if request.path.endswith("_search")]


def test_an_engine_that_answers_no_search_at_all_is_not_a_broken_index() -> None:
    engine = Engine("3.5.0", DERIVED, broken=True)
    shown = engine.__call__
    engine.transport = MockTransport(
        lambda request: Response(503, "down") if request.path.endswith("/_search") else shown(request)
    )
    assert compare(engine.client(), WATCHED).state == "as deployed"
