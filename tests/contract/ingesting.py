"""`python -m tests.contract.ingesting URL INDEX STATE FILE`: an ingest of a file, as a process that a test can kill.

It is the command line's but for the domain: the engine under test, as the role of the contract tests.
"""

import os
import re
import sys
from functools import partial
from pathlib import Path

import requests

from corpus.bulk import CONTENT_TYPE, PATH, Bulk, Reply
from corpus.chunks import chunks
from corpus.formats import Reading
from corpus.load import load
from corpus.report import Report
from corpus.track import Leftovers
from osml.ingest.dead_letters import DeadLetters
from osml.ingest.journal import Journal
from osml.ingest.loading import Loading
from osml.ingest.progress import Pace
from osml.ingest.sources import Sources
from tests.contract.kinds_engine import RoleHeaders


def ingest(url: str, index: str, state: Path, *files: Path, leftovers: Leftovers | None = None) -> Report:
    """Loads the files behind what `state` says was settled; dead letters go into `rejected.ndjson` beside it."""
    journal = Journal(state)
    rejected = DeadLetters(state.with_name("rejected.ndjson"), journal.size)
    sources = Sources([str(file) for file in files])
    loading = Loading(sources, Reading("text"), journal, rejected, Pace(0, journal.report))
    try:
        load(
            loading.entries(),
            lambda: bulk(url, index),
            parts=partial(chunks, text_field="text", most=200),
            report=journal.report,
            dead_letters=loading.dead_letter,
            confirmed=loading.confirmed,
            leftovers=leftovers,
        )
        loading.finish()
        journal.end()
    finally:
        rejected.close()
        journal.close()
    return journal.report


def bulk(url: str, index: str) -> Bulk:
    session = requests.Session()
    session.auth = RoleHeaders()

    def send(body: bytes) -> Reply:
        ca = os.environ["OSML_TEST_CA"]
        answer = session.post(f"{url}{PATH}", body, headers={"content-type": CONTENT_TYPE}, verify=ca, timeout=60)
        return Reply(answer.status_code, {}, answer.content)

    return Bulk(send, index)


if __name__ == "__main__":
    print(ingest(sys.argv[1], sys.argv[2], Path(sys.argv[3]), *map(Path, sys.argv[4:])).summary)
    # Of this program alone: `ru_maxrss` counts what its parent held when it was started (Linux 6.18).
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    print("Peak memory in KiB:", found[1] if found else "unknown")
