"""`python -m trials.ingesting URL CA ROLE INDEX STATE FILE…`: an ingest of files, as a process that a test can kill.

It differs from `osml ingest` in its destination: an engine without a front. It prints its report and its peak memory.
"""

import re
import sys
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path

import requests

from corpus.bulk import CONTENT_TYPE, PATH, Bulk, BulkResponse
from corpus.chunks import chunks
from corpus.formats import Reading
from corpus.in_flight import Leftovers
from corpus.load import load
from corpus.report import Report
from osml.ingest.dead_letters import DeadLetters
from osml.ingest.journal import Journal
from osml.ingest.loading import Loading
from osml.ingest.progress import IngestPace
from osml.ingest.sources import DocumentSources
from trials.role_headers import role_headers


@dataclass(frozen=True)
class EngineIndex:
    """An index of an engine; the file `ca` checks the engine's certificate, and `role` is the writing role's ARN."""

    url: str
    ca: str
    role: str
    index: str

    def connect(self) -> Bulk:
        """A new connection."""
        session = requests.Session()
        # Otherwise REQUESTS_CA_BUNDLE overrides `verify`.
        session.trust_env = False
        session.verify = self.ca
        session.headers.update({**role_headers(self.role), "content-type": CONTENT_TYPE})

        def send(body: bytes) -> BulkResponse:
            response = session.post(f"{self.url}{PATH}", body, timeout=180)
            return BulkResponse(response.status_code, {}, response.content)

        return Bulk(send, self.index)


def command(to: EngineIndex, state: Path, *files: Path) -> list[str]:
    """The command line of the process."""
    return [sys.executable, "-m", "trials.ingesting", *astuple(to), str(state), *map(str, files)]


def ingest(to: EngineIndex, state: Path, *files: Path, leftovers: Leftovers | None = None) -> Report:
    """Load the documents that the journal `state` does not list as settled.

    Dead letters go into `rejected.ndjson` in the folder of `state`.
    """
    journal = Journal(state)
    rejected = DeadLetters(state.with_name("rejected.ndjson"), journal.size)
    sources = DocumentSources([str(file) for file in files])
    loading = Loading(sources, Reading("text"), journal, rejected, IngestPace(0, journal.report))
    try:
        load(
            loading.entries(),
            to.connect,
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


if __name__ == "__main__":
    url, ca, role, index, state, *files = sys.argv[1:]
    print(ingest(EngineIndex(url, ca, role, index), Path(state), *map(Path, files)).summary)
    # VmHWM is the peak of only this process; `ru_maxrss` includes the parent's memory at the start (Linux 6.18).
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    print("Peak memory in KiB:", peak[1] if peak else "unknown")
