"""How much time the filter of groups, or document-level security instead, adds to a search, on two sizes of index.

The ways to search take turns. There are 10,000 groups: most chunks belong to one, two or three of them, and a fifth to
none. Each row gives the number of groups that a person is in. Arguments: the numbers of chunks, 10,000 and 1,000,000
unless given.

The vectors are random and have 384 numbers. The graph is small (m 8, ef_construction 32), and segments are not merged,
so a small machine loads a million chunks in minutes. After each 50,000 chunks it prints how long the load takes.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import requests

from benchmarks.engine import BenchmarkEngine, engine
from mlcommons.errors import ProvisioningError
from opensearch_ml.resources.field_script import ACCESS
from rag.caller import OPERATOR, Caller, groups_in
from rag.search.query import EXPLORED
from trials.report import publish
from trials.role_headers import role_headers

SIZES = [int(size) for size in sys.argv[1:]] or [10_000, 1_000_000]
DIMENSION, GRAPH = 384, {"m": 8, "ef_construction": 32}
GROUPS, BATCH, REFRESHED, WRITERS, TOP = 10_000, 1_000, 50_000, 2, 4
ROUNDS, CALLS = 5, 20
MEMBERSHIPS = (0, 1, 10, 100, 1_000, 10_000)
SECURED = 100
COLUMNS = (
    "search",
    "chunks it may see",
    *(f"{size:,} chunks: {figure}" for size in SIZES for figure in ("p50", "times without filter", "spread")),
    f"{SIZES[-1]:,} over {SIZES[0]:,}",
)
random = np.random.default_rng(1)
# Random numbers as text, all of one width: a vector is a slice of this text, which takes no time to write.
WIDTH = len(" 0.123,")
NUMBERS = "".join(f"{number:6.3f}," for number in np.clip(random.standard_normal(1_000_000), -9, 9))

Search = Callable[[str], list[dict[str, Any]]]


def main() -> None:
    """Measure and publish."""
    groups = _groups_of_chunks(SIZES[-1])
    people = {f"filter, {count:,} group{'s' * (count != 1)}": _person(count) for count in MEMBERSHIPS}
    secured = f"document-level security, {SECURED} groups", _person(SECURED)
    callers = {"no filter": OPERATOR, **people, secured[0]: secured[1]}
    with engine() as measured:
        searches: dict[tuple[int, str], Search] = {}
        for size in SIZES:
            _fill(measured, size, groups)
            for name, caller in {"no filter": OPERATOR, **people}.items():
                searches[size, name] = _search(measured, size, caller)
        searches |= {(size, secured[0]): search for size, search in _secured(measured, secured[1]).items()}
        figures = _measured(searches)
        rows = [
            [name, f"{_share(groups, caller):.1%}", *(cell for size in SIZES for cell in figures[size, name][1:])]
            for name, caller in callers.items()
        ]
        growth = [f"{figures[SIZES[-1], name][0] / figures[SIZES[0], name][0]:.2f}" for name in callers]
        publish("access", COLUMNS, [[*row, times] for row, times in zip(rows, growth, strict=True)])


def _index(size: int) -> str:
    return f"bench-access-{size}"


def _groups_of_chunks(chunks: int) -> list[list[str]]:
    counts = random.choice([0, 1, 2, 3], size=chunks, p=[0.2, 0.4, 0.2, 0.2])
    return [[f"group-{number}" for number in random.integers(0, GROUPS, size=count)] for count in counts]


def _person(count: int) -> Caller:
    chosen = random.choice(GROUPS, size=count, replace=False)
    return Caller("somebody", "reader", frozenset(f"group-{number}" for number in chosen))


def _share(groups: Sequence[Sequence[str]], caller: Caller) -> float:
    return sum(caller.sees(chunk) for chunk in groups) / len(groups)


def _vector() -> str:
    at = int(random.integers(0, len(NUMBERS) // WIDTH - DIMENSION)) * WIDTH
    return f"[{NUMBERS[at : at + DIMENSION * WIDTH - 1]}]"


def _fill(measured: BenchmarkEngine, chunks: int, groups: Sequence[Sequence[str]]) -> None:
    method = {"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil", "parameters": GRAPH}
    properties = {
        "document": {"type": "keyword"},
        "osml": {"dynamic": False, "properties": {"access": dict(ACCESS)}},
        "embedding": {"type": "knn_vector", "dimension": DIMENSION, "method": method},
    }
    settings = {
        "knn": True,
        "knn.derived_source.enabled": False,
        "number_of_shards": 1,
        "number_of_replicas": 0,
        "refresh_interval": "-1",
        "translog.durability": "async",
        # Segments are merged only when there are so many of them.
        "merge.policy.segments_per_tier": 100,
        "merge.policy.max_merge_at_once": 100,
    }
    mappings = {"_source": {"excludes": ["embedding"]}, "properties": properties}
    measured.administrator().put(f"/{_index(chunks)}", {"settings": {"index": settings}, "mappings": mappings})
    began = time.perf_counter()
    session = measured.session()
    with ThreadPoolExecutor(WRITERS) as pool:
        for start in range(0, chunks, REFRESHED):
            end = min(start + REFRESHED, chunks)
            bodies = (_bulk(range(at, min(at + BATCH, end)), groups) for at in range(start, end, BATCH))
            list(pool.map(lambda body: _send(measured, chunks, body), bodies))
            session.post(
                f"{measured.url}/{_index(chunks)}/_refresh", verify=measured.ca, timeout=900
            ).raise_for_status()
            seconds = time.perf_counter() - began
            print(f"{end:,} of {chunks:,} chunks, {seconds:.0f} s of about {seconds * chunks / end:.0f} s", flush=True)
    # A new client is needed, because the time limit of the first has passed.
    stats = measured.administrator().get(f"/{_index(chunks)}/_stats/segments")["_all"]["primaries"]["segments"]
    print(f"{chunks:,} chunks are in {stats['count']} segments.", flush=True)


def _bulk(chunks: range, groups: Sequence[Sequence[str]]) -> str:
    lines = []
    for at in chunks:
        access = {"osml": {"access": {"groups": groups[at]}}} if groups[at] else {}
        rest = json.dumps({"document": f"d{at}", **access})
        lines += [json.dumps({"index": {"_id": str(at)}}), f'{rest[:-1]}, "embedding": {_vector()}}}']
    return "\n".join([*lines, ""])


def _send(measured: BenchmarkEngine, chunks: int, body: str) -> None:
    answer = measured.session().post(
        f"{measured.url}/{_index(chunks)}/_bulk",
        data=body,
        headers={"content-type": "application/x-ndjson"},
        verify=measured.ca,
        timeout=600,
    )
    answer.raise_for_status()
    assert not answer.json()["errors"], answer.text[:300]  # noqa: S101 - a load that fails measures nothing


def _search(measured: BenchmarkEngine, size: int, caller: Caller) -> Search:
    session = measured.session()

    def search(vector: str) -> list[dict[str, Any]]:
        return _hits(measured, size, session, caller, vector)

    return search


def _secured(measured: BenchmarkEngine, caller: Caller) -> dict[int, Search]:
    """Searches by size for which the engine itself adds the same filter, because of the caller's role."""
    name, client = "arn:aws:iam::000000000000:role/secured", measured.administrator()
    rule = {
        "index_patterns": [_index(size) for size in SIZES],
        "allowed_actions": ["indices:data/read/search*"],
        "dls": json.dumps(caller.clauses[0]),
    }
    client.put("/_plugins/_security/api/roles/bench-secured", {"index_permissions": [rule]})
    client.put("/_plugins/_security/api/rolesmapping/bench-secured", {"backend_roles": [name]})
    session = requests.Session()
    session.headers.update(role_headers(name))
    text: dict[str, Any] = {"term": {"document": "d1"}}
    meaning = {"knn": {"embedding": {"vector": json.loads(_vector()), "k": TOP}}}
    hybrid = {"query": {"hybrid": {"queries": [text, meaning]}}, "size": TOP}
    try:
        answer = session.post(f"{measured.url}/{_index(SIZES[0])}/_search", json=hybrid, verify=measured.ca, timeout=60)
        print(f"A hybrid query under document-level security: {answer.status_code} {answer.text[:600]}")
    except (ProvisioningError, requests.RequestException) as error:
        print(f"A hybrid query under document-level security: {error}")

    def of(size: int) -> Search:
        def search(vector: str) -> list[dict[str, Any]]:
            hits = _hits(measured, size, session, OPERATOR, vector)
            assert all(caller.sees(groups_in(hit["_source"])) for hit in hits)  # noqa: S101 - else nothing is secured
            return hits

        return search

    return {size: of(size) for size in SIZES}


def _hits(
    measured: BenchmarkEngine, size: int, session: requests.Session, caller: Caller, vector: str
) -> list[dict[str, Any]]:
    narrowed = {"filter": {"bool": {"filter": caller.clauses}}} if caller.clauses else {}
    body = {
        "query": {"knn": {"embedding": {"vector": json.loads(vector), "k": EXPLORED, **narrowed}}},
        "size": TOP,
        "_source": ["document", "osml.access"],
    }
    answer = session.post(f"{measured.url}/{_index(size)}/_search", json=body, verify=measured.ca, timeout=60)
    answer.raise_for_status()
    hits: list[dict[str, Any]] = answer.json()["hits"]["hits"]
    assert len(hits) == TOP  # noqa: S101 - a filter takes nothing away from the number of hits
    assert all(caller.sees(groups_in(hit["_source"])) for hit in hits)  # noqa: S101 - what is measured must hold
    return hits


def _measured(searches: dict[tuple[int, str], Search]) -> dict[tuple[int, str], tuple[float, str, str, str]]:
    """For each search: p50 in ms as a number and as text, its multiple of a search without filter, and the spread.

    The multiple is the median of the rounds.
    """
    rounds: dict[tuple[int, str], list[list[float]]] = {key: [] for key in searches}
    for number in range(ROUNDS + 1):
        times: dict[tuple[int, str], list[float]] = {key: [] for key in searches}
        for _ in range(CALLS):
            vector = _vector()
            for key, search in searches.items():
                began = time.perf_counter()
                search(vector)
                times[key].append((time.perf_counter() - began) * 1000)
        if number:  # the first one warms up
            for key, milliseconds in times.items():
                rounds[key].append(milliseconds)
    figures = {}
    for (size, name), those in rounds.items():
        every = [millisecond for milliseconds in those for millisecond in milliseconds]
        ratios = [
            statistics.median(milliseconds) / statistics.median(bare)
            for milliseconds, bare in zip(those, rounds[size, "no filter"], strict=True)
        ]
        middle = statistics.median(every)
        figures[size, name] = (
            middle,
            f"{middle:.1f} ms",
            f"{statistics.median(ratios):.2f}",
            f"{min(ratios):.2f} to {max(ratios):.2f}",
        )
    return figures


if __name__ == "__main__":
    main()
