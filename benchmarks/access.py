"""What the filter of groups costs a search, and document-level security in its place: in turns, on one index.

The chunks belong to 10,000 groups, most of them to one, two or three, and a fifth to none. A person is in as many
groups as a row says. Arguments: the number of chunks, 100,000 unless given, and the numbers of a vector, 384 unless
given. With 0 the chunks have no vectors, so that a million fit on a small machine, and what is measured is the filter
alone: the engine finds all chunks that pass it, as it does before a vector search. Takes about ten minutes.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import requests

from benchmarks.engine import BenchmarkEngine, engine
from mlcommons.errors import ProvisioningError
from opensearch_ml.resources.field_script import ACCESS
from opensearch_ml.resources.vector_index import HNSW
from rag.caller import OPERATOR, Caller, groups_in
from rag.search.query import EXPLORED
from trials.report import publish
from trials.role_headers import role_headers

CHUNKS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
DIMENSION = int(sys.argv[2]) if len(sys.argv) > 2 else 384
REPORT = "access" if DIMENSION else "access-filter-alone"
GROUPS, BATCH, REFRESHED, SIZE = 10_000, 1_000, 100_000, 4
ROUNDS, CALLS = 5, 20
MEMBERSHIPS = (0, 1, 10, 100, 1_000, 10_000)
INDEX = "bench-access"
COLUMNS = ("search", "chunks it may see", "p50", "p99", "times without filter", "spread")
random = np.random.default_rng(1)


def main() -> None:
    """Measure and publish."""
    groups = _groups_of_chunks()
    with engine() as measured:
        _fill(measured, groups)
        people = {f"filter, {count:,} group{'s' * (count != 1)}": _person(count) for count in MEMBERSHIPS}
        callers = {"no filter": OPERATOR, **people} if DIMENSION else people
        searches = {name: _search(measured, caller) for name, caller in callers.items()}
        secured = _person(100)
        searches["document-level security, 100 groups"] = _search_secured(measured, secured)
        visible = {name: _share(groups, caller) for name, caller in callers.items()}
        visible["document-level security, 100 groups"] = _share(groups, secured)
        publish(
            REPORT,
            COLUMNS,
            [[name, f"{visible[name]:.1%}", *figures] for name, figures in _measured(searches).items()],
        )


def _groups_of_chunks() -> list[list[str]]:
    counts = random.choice([0, 1, 2, 3], size=CHUNKS, p=[0.2, 0.4, 0.2, 0.2])
    return [[f"group-{number}" for number in random.integers(0, GROUPS, size=count)] for count in counts]


def _person(count: int) -> Caller:
    chosen = random.choice(GROUPS, size=count, replace=False)
    return Caller("somebody", "reader", frozenset(f"group-{number}" for number in chosen))


def _share(groups: Sequence[Sequence[str]], caller: Caller) -> float:
    return sum(caller.sees(chunk) for chunk in groups) / len(groups)


def _fill(measured: BenchmarkEngine, groups: Sequence[Sequence[str]]) -> None:
    client = measured.administrator()
    method = {"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil", "parameters": HNSW}
    properties = {
        "document": {"type": "keyword"},
        "osml": {"dynamic": False, "properties": {"access": dict(ACCESS)}},
        **({"embedding": {"type": "knn_vector", "dimension": DIMENSION, "method": method}} if DIMENSION else {}),
    }
    settings = {"knn": bool(DIMENSION), "number_of_shards": 1, "number_of_replicas": 0, "refresh_interval": "-1"}
    client.put(f"/{INDEX}", {"settings": {"index": settings}, "mappings": {"properties": properties}})
    session = measured.session()
    for start in range(0, CHUNKS, BATCH):
        lines = []
        for at in range(start, min(start + BATCH, CHUNKS)):
            access = {"osml": {"access": {"groups": groups[at]}}} if groups[at] else {}
            source = {"document": f"d{at}", **({"embedding": _vector()} if DIMENSION else {}), **access}
            lines += [json.dumps({"index": {"_id": str(at)}}), json.dumps(source)]
        answer = session.post(
            f"{measured.url}/{INDEX}/_bulk",
            data="\n".join([*lines, ""]),
            headers={"content-type": "application/x-ndjson"},
            verify=measured.ca,
            timeout=600,
        )
        answer.raise_for_status()
        assert not answer.json()["errors"], answer.text[:300]  # noqa: S101 - a load that fails measures nothing
        # A refresh builds the graph of what has come since the one before.
        if (start + BATCH) % REFRESHED == 0:
            session.post(f"{measured.url}/{INDEX}/_refresh", verify=measured.ca, timeout=900).raise_for_status()
            print(f"{start + BATCH:,} of {CHUNKS:,} chunks", flush=True)
    session.post(f"{measured.url}/{INDEX}/_refresh", verify=measured.ca, timeout=900).raise_for_status()
    session.post(f"{measured.url}/{INDEX}/_forcemerge?max_num_segments=1", verify=measured.ca, timeout=1800)


def _vector() -> list[float]:
    return [round(float(number), 4) for number in random.standard_normal(DIMENSION)]


Search = Callable[[list[float]], list[dict[str, Any]]]


def _search(measured: BenchmarkEngine, caller: Caller) -> Search:
    session = measured.session()

    def search(vector: list[float]) -> list[dict[str, Any]]:
        return _hits(measured, session, caller, vector)

    return search


def _search_secured(measured: BenchmarkEngine, caller: Caller) -> Search:
    """The engine adds the same filter by the role of the caller."""
    name, client = "arn:aws:iam::000000000000:role/secured", measured.administrator()
    rule = {
        "index_patterns": [INDEX],
        "allowed_actions": ["indices:data/read/search*"],
        "dls": json.dumps(caller.clauses[0]),
    }
    client.put("/_plugins/_security/api/roles/bench-secured", {"index_permissions": [rule]})
    client.put("/_plugins/_security/api/rolesmapping/bench-secured", {"backend_roles": [name]})
    session = requests.Session()
    session.headers.update(role_headers(name))
    try:
        if not DIMENSION:
            raise requests.RequestException("not asked without vectors")
        text: dict[str, Any] = {"term": {"document": "d1"}}
        meaning = {"knn": {"embedding": {"vector": _vector(), "k": SIZE}}}
        hybrid = {"query": {"hybrid": {"queries": [text, meaning]}}, "size": SIZE}
        answer = session.post(f"{measured.url}/{INDEX}/_search", json=hybrid, verify=measured.ca, timeout=60)
        print(f"A hybrid query under document-level security: {answer.status_code} {answer.text[:600]}")
    except (ProvisioningError, requests.RequestException) as error:
        print(f"A hybrid query under document-level security: {error}")

    def search(vector: list[float]) -> list[dict[str, Any]]:
        hits = _hits(measured, session, OPERATOR, vector)
        assert all(caller.sees(groups_in(hit["_source"])) for hit in hits)  # noqa: S101 - else nothing is secured
        return hits

    return search


def _hits(
    measured: BenchmarkEngine, session: requests.Session, caller: Caller, vector: list[float]
) -> list[dict[str, Any]]:
    narrowed = {"filter": {"bool": {"filter": caller.clauses}}} if caller.clauses else {}
    query = {"knn": {"embedding": {"vector": vector, "k": EXPLORED, **narrowed}}}
    alone = {"bool": {"filter": caller.clauses or [{"match_all": {}}]}}
    body = {
        "query": query if DIMENSION else alone,
        "track_total_hits": True,
        "size": SIZE,
        "_source": ["document", "osml.access"],
    }
    answer = session.post(f"{measured.url}/{INDEX}/_search", json=body, verify=measured.ca, timeout=60)
    answer.raise_for_status()
    hits: list[dict[str, Any]] = answer.json()["hits"]["hits"]
    assert len(hits) == SIZE  # noqa: S101 - a filter takes nothing away from the number of hits
    assert all(caller.sees(groups_in(hit["_source"])) for hit in hits)  # noqa: S101 - what is measured must hold
    return hits


def _measured(searches: dict[str, Search]) -> dict[str, list[str]]:
    """p50, p99 and the ratio to the first search: the median of the rounds, and their least and greatest."""
    rounds: dict[str, list[list[float]]] = {name: [] for name in searches}
    for number in range(ROUNDS + 1):
        times: dict[str, list[float]] = {name: [] for name in searches}
        for _ in range(CALLS):
            vector = _vector()
            for name, search in searches.items():
                began = time.perf_counter()
                search(vector)
                times[name].append((time.perf_counter() - began) * 1000)
        if number:  # the first one warms up
            for name, milliseconds in times.items():
                rounds[name].append(milliseconds)
    base = next(iter(searches))
    figures = {}
    for name, those in rounds.items():
        every = [millisecond for milliseconds in those for millisecond in milliseconds]
        ratios = [
            statistics.median(milliseconds) / statistics.median(bare)
            for milliseconds, bare in zip(those, rounds[base], strict=True)
        ]
        figures[name] = [
            f"{statistics.median(every):.1f} ms",
            f"{np.percentile(every, 99):.1f} ms",
            f"{statistics.median(ratios):.2f}",
            f"{min(ratios):.2f} to {max(ratios):.2f}",
        ]
    return figures


if __name__ == "__main__":
    main()
