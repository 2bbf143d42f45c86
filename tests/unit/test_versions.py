"""What differs between versions of OpenSearch, and how a client knows the version."""

from typing import Any

import pytest

from mlcommons import Client, Collection, MockTransport, Owner, Patience, Request, Response, apply, kind_named
from mlcommons.owner import marked
from mlcommons.retired import users_of
from mlcommons.versions import (
    Version,
    created_by,
    never_breaks_derived_vectors,
    scrolled_at_once,
    updates_show_late,
    version_of,
)
from tests.unit.kernel_clock import Clock

GROUP, MODEL, CONNECTOR = "aoDJ-6EBbbdF-gGrEIku", "boDJ-6EBbbdF-gGrEIkv", "coDJ-6EBbbdF-gGrEIkw"
OWNER = Owner("dev", "Group")


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ({"version": {"distribution": "opensearch", "number": "2.19.1"}}, (2, 19)),
        ({"version": {"number": "3.7.0-SNAPSHOT"}}, (3, 7)),
        ({"version": {"number": "7.10.2"}}, None),
        ({"version": {"number": "3"}}, None),
        ({"version": "3.6.0"}, None),
        ({}, None),
        ("a proxy", None),
    ],
)
def test_the_version_is_what_the_engine_says_of_itself(answer: Any, version: Version | None) -> None:
    assert version_of(answer) == version


@pytest.mark.parametrize(
    ("number", "version"),
    [("136407927", (2, 19)), ("137277827", (3, 6)), ("137217827", (3, 0)), (None, None), ("latest", None)],
)
def test_the_version_that_made_an_index_stands_in_its_settings(number: str | None, version: Version | None) -> None:
    assert created_by({"index.version.created": number}) == version
    assert never_breaks_derived_vectors(version) is (version == (3, 6))


@pytest.mark.parametrize(
    ("version", "documents", "late"),
    [
        (None, 9, True),
        ((2, 19), 32, True),
        ((3, 0), 9, True),
        ((3, 2), 9, True),
        ((3, 3), 9, False),
        ((3, 5), 9, False),
        ((3, 6), 32, False),
        ((4, 0), 32, False),
    ],
)
def test_what_a_version_does(version: Version | None, documents: int, late: bool) -> None:
    assert (scrolled_at_once(version), updates_show_late(version)) == (documents, late)


def test_a_client_reads_the_version_once_even_if_that_is_refused() -> None:
    transport = MockTransport(lambda _: Response(403, {"error": "no permissions"}))
    client = Client(transport)
    assert [client.version, client.version] == [None, None]
    assert len(transport.requests) == 1


def test_a_collection_is_not_asked() -> None:
    transport = MockTransport(lambda _: Response(404))
    assert Client(transport, collection=Collection()).version is None
    assert transport.requests == []


class _Late:
    """An engine whose searches show a model with its old connector."""

    def __init__(self, version: str) -> None:
        self.version = version

    def __call__(self, request: Request) -> Response:
        if request.path == "/":
            return Response(200, {"version": {"number": self.version}})
        if request.method == "POST":
            return Response(200, {"hits": {"hits": [{"_id": MODEL, "_source": {"connector_id": CONNECTOR}}]}})
        return Response(200, {"connector_id": "another"})


@pytest.mark.parametrize(("version", "users"), [("2.19.1", {}), ("3.6.0", {MODEL: CONNECTOR})])
def test_what_a_search_shows_is_read_where_updates_show_late(version: str, users: dict[str, str]) -> None:
    assert users_of(Client(MockTransport(_Late(version))), [CONNECTOR]) == users


def test_a_group_gets_back_a_name_that_searches_still_show_as_its_own() -> None:
    shown = {"name": "renamed", "description": marked("", OWNER)}
    refusals = [f"The name you provided is already being used by another model with ID: {GROUP}."] * 2

    def answer(request: Request) -> Response:
        if request.method == "PUT" and refusals:
            return Response(400, {"error": {"reason": refusals.pop()}, "status": 400})
        if request.method == "PUT":
            shown.update(request.body)
        return Response(200, dict(shown))

    transport = MockTransport(answer)
    clock = Clock()
    client = Client(transport, Patience(clock=clock, sleep=clock.sleep))
    outcome = apply(kind_named("ModelGroup"), {"name": "chat"}, client=client, owner=OWNER, physical_id=GROUP)
    assert (outcome.changed, shown["name"], len(transport.writes)) == (True, "chat", 3)
