"""Copies and refreshes of an index while it is filled for the first time, on a real engine."""

import os
from pathlib import Path
from typing import Any

import pytest

from osml.domain import Domain
from osml.failure import Failure
from osml.initial_load import InitialLoad
from tests.contract import filled_library, kinds_engine
from tests.contract.generations import Library
from tests.contract.ingesting import ingest
from tests.contract.test_ingest import write

engine_transport = kinds_engine.engine_transport
library, domain = filled_library.library, filled_library.domain
QUIET = ("-1", "0")
# The engine refreshes by itself; a second copy is asked for, and nowhere to be put on one node.
AS_DEPLOYED = (None, "1")


@pytest.fixture
def load(library: Library, domain: Domain) -> InitialLoad:
    return InitialLoad(domain, library.alias, copies=1)


def settings(library: Library) -> tuple[Any, Any]:
    (found,) = library.client.get(f"/{library.alias}/_settings").values()
    index = found["settings"]["index"]
    return index.get("refresh_interval"), index["number_of_replicas"]


def found(library: Library) -> int:
    body = {"size": 0, "track_total_hits": True}
    answer = library.client.post(f"/{library.alias}/_search?search_pipeline=_none", body)
    return int(answer["hits"]["total"]["value"])


def fill(library: Library, folder: Path, count: int = 50) -> None:
    report = ingest(os.environ["OSML_TEST_ENGINE_URL"], library.alias, folder / "s", write(folder / "a.ndjson", count))
    assert report.arrived == count


def test_nothing_is_copied_or_refreshed_until_the_end(load: InitialLoad, library: Library, tmp_path: Path) -> None:
    with load.quiet(continues=False):
        assert settings(library) == QUIET
        fill(library, tmp_path)
        assert found(library) == 0
    assert settings(library) == AS_DEPLOYED
    assert found(library) == 50


def test_however_it_ends_both_come_back(load: InitialLoad, library: Library, tmp_path: Path) -> None:
    def interrupted() -> None:
        with load.quiet(continues=False):
            fill(library, tmp_path)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (settings(library), found(library)) == (AS_DEPLOYED, 50)


def test_an_index_with_documents_keeps_its_copies(load: InitialLoad, library: Library, tmp_path: Path) -> None:
    fill(library, tmp_path)
    before = settings(library)
    with pytest.raises(Failure, match=r"holds 50 documents already; --initial-load"), load.quiet(continues=False):
        pass
    assert settings(library) == before
    with load.quiet(continues=True):
        assert settings(library) == QUIET
    assert settings(library) == AS_DEPLOYED


def test_what_a_killed_load_left_behind_the_next_one_mends(load: InitialLoad, library: Library, tmp_path: Path) -> None:
    taken = {"index.refresh_interval": "-1", "index.number_of_replicas": 0}
    library.client.put(f"/{library.alias}/_settings", taken)
    assert settings(library) == QUIET
    fill(library, tmp_path)
    assert load.settle()
    assert (settings(library), found(library)) == (AS_DEPLOYED, 50)
    assert not load.settle()
