"""A new index version replaces the previous one: no document is lost or doubled, and every question is answered."""

import os
import threading
from collections.abc import Callable, Iterator

import pytest

from mlcommons import HttpTransport, Request
from mlcommons.errors import InvalidSpec, NotOurs, ProvisioningError, Unready
from tests.contract import kinds_engine
from tests.contract.fault_proxy import Clock
from tests.contract.index_versions import HELD, POISON, Attended, Deadly, Embedder, Killed, Library, Made, Traffic
from tests.contract.kinds_engine import KindsEngine

engine_transport = kinds_engine.engine_transport


@pytest.fixture(scope="module")
def embedder() -> Iterator[Embedder]:
    with Embedder().running() as made:
        yield made


@pytest.fixture
def library(engine_transport: HttpTransport, embedder: Embedder, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", os.environ["OSML_TEST_CA"])
    engine = KindsEngine(engine_transport, embedder.url)
    yield Library(engine, embedder)
    engine.clean()


@pytest.fixture
def old(library: Library) -> Made:
    return library.index_version("aaaaaaaa", 4, 1)


@pytest.fixture
def new(library: Library) -> Made:
    return library.index_version("bbbbbbbb", 8, 2)


def right(library: Library, made: Made, expected: dict[str, int]) -> None:
    """Check that each acknowledged document is there once, in its last revision, with a vector of `made`."""
    assert library.named() == [made.spec["name"]]
    documents = library.documents()
    assert {id: revision for id, (revision, _, _) in documents.items()} == expected
    assert {(length, mark) for _, length, mark in documents.values()} == {(made.dimension, made.mark)}


def test_another_dimension_and_back_while_people_write_and_ask(
    library: Library, old: Made, new: Made, record_property: Callable[[str, object], None]
) -> None:
    first = library.apply(old)
    traffic = Traffic(library, library.fill(150))
    with traffic.running():
        traffic.go_on()
        second = library.apply(new, first)
        assert library.indexes() == [first, second]
        traffic.go_on()
        library.back(old)
        library.destroy(second)
        traffic.go_on()
        third = library.apply(new, first)
        library.destroy(first)
    assert traffic.faults == []
    right(library, new, traffic.expected)
    assert library.indexes() == [third]
    record_property("writes", traffic.writes)
    record_property("questions", traffic.questions)


def _creates(request: Request) -> bool:
    return request.method == "PUT" and request.path.endswith("-bbbbbbbb")


def _copies(request: Request) -> bool:
    return request.path == "/_reindex"


def _freezes(request: Request) -> bool:
    return request.method == "PUT" and request.path.endswith("-aaaaaaaa/_settings")


def _swaps(request: Request) -> bool:
    return request.path == "/_aliases"


# The points at which the process is killed; all of them with OSML_INDEX_VERSIONS=all.
KILLS = [_creates, _copies, _freezes, _swaps] if os.environ.get("OSML_INDEX_VERSIONS") == "all" else [_freezes]


@pytest.mark.parametrize("at", KILLS)
def test_a_process_that_is_killed_leaves_nothing_that_the_next_one_cannot_finish(
    library: Library, at: Callable[[Request], bool]
) -> None:
    old, new = library.index_version("aaaaaaaa", 4, 1, shards=2), library.index_version("bbbbbbbb", 8, 2, shards=2)
    first = library.apply(old)
    expected = library.fill(20)
    with pytest.raises(Killed):
        library.apply(new, first, Deadly(library.engine.transport, at))
    if at in (_creates, _copies):
        library.write("old-1", 2)
        library.remove("old-2")
        expected = {**expected, "old-1": 2}
        del expected["old-2"]
    second = library.apply(new, first)
    right(library, new, expected)
    library.destroy(first)
    assert library.indexes() == [second]
    right(library, new, expected)


@pytest.mark.parametrize("at", KILLS[1:] or [_copies])
def test_a_way_back_after_a_process_was_killed(library: Library, old: Made, new: Made, at: Callable[..., bool]) -> None:
    first = library.apply(old)
    expected = library.fill(20)
    with pytest.raises(Killed):
        library.apply(new, first, Deadly(library.engine.transport, at))
    if at is _swaps:
        library.write("later", 1)
        expected["later"] = 1
    library.back(old)
    right(library, old, expected)
    library.write("old-1", 2)
    library.destroy(new.spec["name"])
    assert library.indexes() == [first]
    right(library, old, {**expected, "old-1": 2})
    library.leave()
    library.destroy(first)
    assert library.named() == library.indexes() == []


def test_a_rollback_copies_only_new_documents(library: Library, old: Made, new: Made) -> None:
    first = library.apply(old)
    expected = library.fill(30)
    library.apply(new, first)
    library.write("old-1", 2)
    library.write("later", 1)
    library.remove("old-2")
    versions = _versions(library, first)
    library.back(old)
    del expected["old-2"]
    right(library, old, {**expected, "old-1": 2, "later": 1})
    again = {id for id, version in _versions(library, first).items() if version != versions.get(id)}
    assert again == {"old-1", "later"}


def _versions(library: Library, index: str) -> dict[str, int]:
    body = {"size": 1000, "version": True, "query": {"match_all": {}}}
    return {hit["_id"]: hit["_version"] for hit in library.client.post(f"/{index}/_search", body)["hits"]["hits"]}


def test_copied_documents_can_still_be_read_in_the_old_index(library: Library) -> None:
    """k-NN 3.0 to 3.5 corrupts an index from which a scroll has read ten documents in a row."""
    old, new = library.index_version("aaaaaaaa", 4, 1, shards=4), library.index_version("bbbbbbbb", 8, 2)
    first = library.apply(old)
    expected = library.fill(60)
    library.apply(new, first)
    hits = library.client.post(f"/{first}/_search", {"size": 100, "query": {"match_all": {}}})["hits"]["hits"]
    assert {hit["_id"] for hit in hits if len(hit["_source"]["embedding"]) == 4} == set(expected)


def test_writes_that_begin_before_and_end_after_have_vectors_of_the_new_model(library: Library) -> None:
    """Also when both models make vectors of the same length, so that the engine itself sees no difference.

    One write is being embedded when the index is closed to writers, and continues after it was looked for twice. The
    other begins after the first look, and continues after the alias has moved.
    """
    old, new = library.index_version("aaaaaaaa", 4, 1), library.index_version("cccccccc", 4, 3)
    first = library.apply(old)
    gates = {"early": threading.Event(), "late": threading.Event()}
    expected = {**library.fill(5), **dict.fromkeys(gates, 1)}
    writers = {id: threading.Thread(target=library.write, args=(id, 1, f"{HELD} {id}")) for id in gates}
    library.embedder.gates, looks = gates, []

    def before(request: Request) -> None:
        if _freezes(request):
            writers["early"].start()
            assert library.embedder.held.acquire(timeout=60)

    def after(request: Request) -> None:
        if request.path == "/_tasks" and "write" in request.query["actions"]:
            looks.append(request)
            if len(looks) == 1:
                writers["late"].start()
                library.embedder.held.acquire(timeout=2)
            gates["early"].set()
        if _swaps(request):
            gates["early"].set()
            gates["late"].set()

    library.apply(new, first, Attended(library.engine.transport, before, after))
    for writer in writers.values():
        writer.join()
    library.embedder.gates = {}
    right(library, new, expected)


def test_a_document_that_the_new_model_refuses_fails_before_the_alias_moves(
    library: Library, old: Made, new: Made
) -> None:
    first = library.apply(old)
    expected = {**library.fill(3), "bad": 1}
    library.write("bad", 1, f"a text with {POISON}")
    with pytest.raises(ProvisioningError, match=r"document 'bad' was refused with 400: "):
        library.apply(new, first)
    library.destroy(new.spec["name"])
    assert library.indexes() == [first]
    right(library, old, expected)
    library.write("bad", 2)
    library.apply(new, first)
    right(library, new, {**expected, "bad": 2})


def test_documents_without_the_text_that_is_embedded_fail_it_too(library: Library, old: Made, new: Made) -> None:
    first = library.apply(old)
    library.fill(3)
    pipeline = new.spec["body"]["settings"]["index"]["default_pipeline"]
    body = library.client.get(f"/_ingest/pipeline/{pipeline}")[pipeline]
    body["processors"][0]["text_embedding"]["field_map"] = {"abstract": "embedding"}
    library.client.put(f"/_ingest/pipeline/{pipeline}", body)
    with pytest.raises(InvalidSpec, match=f"3 of them got no vector from the pipeline {pipeline}"):
        library.apply(new, first)
    library.destroy(new.spec["name"])
    assert library.indexes() == [first]
    right(library, old, {f"old-{number}": 1 for number in range(3)})
    library.write("old-1", 2)


def test_too_little_time_fails_before_the_alias_moves(library: Library, old: Made, new: Made) -> None:
    first = library.apply(old)
    expected = library.fill(10)
    library.write("slow", 1, f"{HELD} slow")
    clock = Clock()
    library.embedder.gates, library.time = {"slow": threading.Event()}, {"clock": clock, "sleep": clock.sleep}
    with pytest.raises(Unready, match=r"only \d+ of 11 documents.*timeouts\.provisioning"):
        library.apply(new, first)
    library.embedder.gates["slow"].set()
    library.embedder.gates, library.time = {}, {}
    library.back(old)
    library.destroy(new.spec["name"])
    assert library.indexes() == [first]
    right(library, old, {**expected, "slow": 1})


@pytest.mark.parametrize("taken", ["index", "alias"])
def test_an_index_of_another_owner_with_the_same_name_is_not_changed(library: Library, old: Made, taken: str) -> None:
    name = library.alias if taken == "index" else f"{library.alias}-foreign"
    library.client.put(f"/{name}", {"aliases": {} if taken == "index" else {library.alias: {}}})
    before = library.client.get(f"/{name}")
    try:
        with pytest.raises(NotOurs, match=f"Alias {library.alias} .*belongs to no stack"):
            library.apply(old)
        assert library.client.get(f"/{name}") == before
    finally:
        library.client.delete(f"/{name}")


def test_nothing_to_change_is_two_reads_and_a_probe(library: Library, old: Made) -> None:
    first = library.apply(old)
    recorder = library.engine.recorder()
    library.apply(old, first, recorder)
    assert not library.changed
    assert recorder.writes == []
    assert [request.method for request in recorder.requests] == ["GET", "POST", "GET"]


@pytest.mark.parametrize("setting", ["index.default_pipeline", "index.search.default_pipeline"])
def test_a_pipeline_that_somebody_took_off_is_put_back(library: Library, old: Made, setting: str) -> None:
    first = library.apply(old)
    library.client.put(f"/{first}/_settings", {setting: None})
    library.apply(old, first)
    settings = library.client.get(f"/{first}/_settings", flat_settings="true")[first]["settings"]
    assert settings[setting] == old.spec["body"]["settings"]["index"]["default_pipeline"]


def test_the_model_of_another_index_version_has_another_id(library: Library, old: Made) -> None:
    model = old.spec["embedding"]["model_id"]
    assert library.index_version("aaaaaaaa", 4, 5).spec["embedding"]["model_id"] == model
    assert library.index_version("bbbbbbbb", 4, 5).spec["embedding"]["model_id"] != model
