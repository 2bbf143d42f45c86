"""Documents that have become shorter, whole or cut: their leftovers after another load, on a real engine."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from calls.backoff import Backoff
from corpus import leftovers as leftovers_module
from corpus.destination import Stopped
from corpus.leftovers import Leftovers
from osml.ingest.leftovers import leftovers as leftovers_of
from osml.remote.domain import Domain
from tests.contract import filled_library, kinds_engine
from tests.contract.index_versions import Library
from tests.contract.kinds_engine import engine_index
from trials.ingesting import ingest

engine_transport = kinds_engine.engine_transport
library, domain = filled_library.library, filled_library.domain
# Here, chunks have at most 200 characters.
SENTENCE = "This sentence has, with its last character, just so many that fifteen fill a part. "


@pytest.fixture
def leftovers(library: Library, domain: Domain) -> Leftovers:
    return leftovers_of(domain, library.alias)


def test_only_leftovers_of_the_same_documents_are_removed(
    library: Library, leftovers: Leftovers, tmp_path: Path
) -> None:
    first = {"shorter": 9, "cut": 1, "whole": 9, "same": 9, "other": 9, "shorter#7": 1, "shorter#77": 1}
    assert load(library, leftovers, tmp_path, first) == 0
    chunk = {"id": "shorter-2", "document": "shorter", "text": "Somebody's own chunk of it."}
    library.client.put(f"/{library.alias}/_doc/shorter-2", chunk)
    before = held(library)
    again = {"shorter": 4, "cut": 9, "whole": 1, "same": 9}
    removed = load(library, leftovers, tmp_path, again)
    after = held(library)

    def parts(name: str, held: set[tuple[str, str]]) -> int:
        return sum(document == name for _, document in held)

    assert parts("shorter", after) < parts("shorter", before)
    assert ("cut", "cut") in before - after
    assert ("whole#1", "whole") in before - after
    assert (parts("whole", after), parts("cut", after)) == (1, parts("whole", before))
    assert ("shorter-2", "shorter") in after
    # These are separate documents, whatever their ids look like.
    for name in ("same", "other", "shorter#7", "shorter#77"):
        assert parts(name, after) == parts(name, before) > 0
    assert removed == len(before - after)


def test_a_chunk_that_another_load_replaces_stays(library: Library, leftovers: Leftovers, tmp_path: Path) -> None:
    load(library, leftovers, tmp_path, {"a": 9})

    def late(path: str, parameters: Mapping[str, str], body: str) -> Any:
        if path == "/_bulk":
            library.client.put(f"/{library.alias}/_doc/a%232", {"id": "a#2", "document": "a", "text": "Another."})
        return leftovers.ask(path, parameters, body)

    before = held(library)
    assert replace(leftovers, ask=late).remove({"a": ["a#1"]}) == len(before) - 2
    assert held(library) == {("a#1", "a"), ("a#2", "a")}


def test_an_index_that_takes_no_writes_for_a_moment_is_waited_for(
    library: Library, leftovers: Leftovers, tmp_path: Path
) -> None:
    load(library, leftovers, tmp_path, {"a": 9})
    block(library, blocked=True)
    refused = list[bool]()

    def freed_later(path: str, parameters: Mapping[str, str], body: str) -> Any:
        answer = leftovers.ask(path, parameters, body)
        if path == "/_bulk" and answer["errors"]:
            refused.append(True)
            block(library, blocked=False)
        return answer

    assert replace(leftovers, ask=freed_later).remove({"a": ["a#1"]}) > 0
    assert refused == [True]
    assert held(library) == {("a#1", "a")}


def test_an_index_that_takes_none_for_long_stops_the_load(
    library: Library, leftovers: Leftovers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(library, leftovers, tmp_path, {"a": 9})
    monkeypatch.setattr(leftovers_module, "BACKOFF", Backoff(first=0.001, longest=0.001))
    block(library, blocked=True)
    with pytest.raises(Stopped, match="refuses deletes"):
        leftovers.remove({"a": ["a#1"]})
    block(library, blocked=False)


def load(library: Library, leftovers: Leftovers, folder: Path, documents: dict[str, int]) -> int:
    """Load documents with these ids and numbers of sentences; returns how many leftovers were removed."""
    file = folder / "documents.ndjson"
    lines = [json.dumps({"id": id, "text": (SENTENCE * count).strip()}) for id, count in documents.items()]
    file.write_text("\n".join(lines))
    report = ingest(engine_index(library.alias), folder / "state", file, leftovers=leftovers.remove)
    assert not report.failed
    # Makes the loaded documents visible; `osml ingest` also begins with a refresh.
    library.client.post(f"/{library.alias}/_refresh")
    return report.removed


def held(library: Library) -> set[tuple[str, str]]:
    """The ids and documents of all chunks in the index."""
    library.client.post(f"/{library.alias}/_refresh")
    body = {"size": 1000, "_source": ["document"]}
    hits = library.client.post(f"/{library.alias}/_search?search_pipeline=_none", body)["hits"]["hits"]
    return {(hit["_id"], hit["_source"]["document"]) for hit in hits}


def block(library: Library, *, blocked: bool) -> None:
    library.client.put(f"/{library.alias}/_settings", {"index.blocks.write": blocked or None})
