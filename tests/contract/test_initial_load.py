"""Replicas and refresh of an index during its first load, on a real engine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from osml.failure import Failure
from osml.ingest.initial_load import InitialLoad
from osml.remote.domain import Domain
from tests.contract import filled_library, kinds_engine
from tests.contract.index_versions import Library
from tests.contract.kinds_engine import engine_index
from tests.contract.test_ingest import write
from trials.ingesting import ingest

engine_transport = kinds_engine.engine_transport
library, domain = filled_library.library, filled_library.domain
QUIET = ("-1", "0")
# Refresh is on; one replica is wanted, and stays unassigned on one node.
AS_DEPLOYED = (None, "1")


@pytest.fixture
def load(library: Library, domain: Domain) -> InitialLoad:
    return InitialLoad(domain, library.alias, replicas=1)


def settings(library: Library) -> tuple[Any, Any]:
    (body,) = library.client.get(f"/{library.alias}/_settings").values()
    index = body["settings"]["index"]
    return index.get("refresh_interval"), index["number_of_replicas"]


def number_of_documents(library: Library) -> int:
    body = {"size": 0, "track_total_hits": True}
    answer = library.client.post(f"/{library.alias}/_search?search_pipeline=_none", body)
    return int(answer["hits"]["total"]["value"])


def fill(library: Library, folder: Path, count: int = 50) -> None:
    report = ingest(engine_index(library.alias), folder / "s", write(folder / "a.ndjson", count))
    assert report.arrived == count


def test_an_initial_load_has_no_replicas_and_no_refresh_until_its_end(
    load: InitialLoad, library: Library, tmp_path: Path
) -> None:
    with load.quiet(continues=False):
        assert settings(library) == QUIET
        # A changed interval queues one more refresh (IndexService.updateMetadata); this refresh waits until that has
        # ended.
        library.client.post(f"/{library.alias}/_refresh")
        fill(library, tmp_path)
        assert number_of_documents(library) == 0
    assert settings(library) == AS_DEPLOYED
    assert number_of_documents(library) == 50


def test_replicas_and_refresh_are_restored_after_a_failure(load: InitialLoad, library: Library, tmp_path: Path) -> None:
    def interrupted() -> None:
        with load.quiet(continues=False):
            fill(library, tmp_path)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (settings(library), number_of_documents(library)) == (AS_DEPLOYED, 50)


def test_an_index_with_documents_keeps_its_replicas(load: InitialLoad, library: Library, tmp_path: Path) -> None:
    fill(library, tmp_path)
    before = settings(library)
    with pytest.raises(Failure, match=r"already contains 50 documents. --initial-load"), load.quiet(continues=False):
        pass
    assert settings(library) == before
    with load.quiet(continues=True):
        assert settings(library) == QUIET
    assert settings(library) == AS_DEPLOYED


def test_the_next_load_restores_what_a_killed_load_left_off(
    load: InitialLoad, library: Library, tmp_path: Path
) -> None:
    taken = {"index.refresh_interval": "-1", "index.number_of_replicas": 0}
    library.client.put(f"/{library.alias}/_settings", taken)
    assert settings(library) == QUIET
    fill(library, tmp_path)
    assert load.settle()
    assert (settings(library), number_of_documents(library)) == (AS_DEPLOYED, 50)
    assert not load.settle()


@pytest.fixture
def three_zones(library: Library) -> Iterator[None]:
    """A cluster that demands the same number of copies in each of three zones, like one with standby."""
    balance = {
        "cluster.routing.allocation.awareness.attributes": "zone",
        "cluster.routing.allocation.awareness.force.zone.values": "a,b,c",
        "cluster.routing.allocation.awareness.balance": True,
    }
    library.client.put("/_cluster/settings", {"persistent": balance})
    yield
    library.client.put("/_cluster/settings", {"persistent": dict.fromkeys(balance)})


@pytest.mark.parametrize("fewest", [2, 0])
def test_replicas_stay_where_the_zones_must_have_equally_many(
    domain: Domain, library: Library, tmp_path: Path, three_zones: None, fewest: int
) -> None:
    """With `fewest`, the settings know of the zones; without it, an existing domain reports them itself."""
    settled = InitialLoad(domain, library.alias, replicas=2, fewest=fewest)
    with settled.quiet(continues=False):
        assert settings(library) == ("-1", "2")
        fill(library, tmp_path)
    assert settings(library) == (None, "2")
    assert number_of_documents(library) == 50
