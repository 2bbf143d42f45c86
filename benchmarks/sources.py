"""How long a run of a source takes when nothing has changed: `python -m benchmarks.sources`; writes docs/sources.md.

The website is on this machine, and the destination accepts documents at once, so only the run itself is measured. In a
real environment, the model's time for the documents is added to the first run.
"""

import http.server
import io
import multiprocessing
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from corpus.destination import Outcome, Verdict
from corpus.document import Document
from corpus.formats import Reading
from corpus.separate_process import FileLimits
from osml.place import CHECKOUT
from settings.sources import source_of
from sources.in_step import InStep, Into
from sources.item import Known
from sources.kinds import source_at
from sources.run import Run
from sources.tools import Tools
from trials.report import publish

PAGES = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000
MANY = 100_000
# The seconds that the website takes to answer when several connections are measured.
AWAY = 0.05
# The default pause between two requests.
DELAY = 0.5
WORDS = "The office is open from nine to five, and a request for leave is answered within three working days. " * 12


class UnlimitedIndex:
    """A destination that accepts all documents at once."""

    most_bytes, most_documents = 1_000_000, 512

    def encode(self, document: Document) -> bytes:
        return document.id.encode()

    def send(self, batch: Sequence[bytes]) -> list[Outcome]:
        return [Outcome(Verdict.CREATED)] * len(batch)


@contextmanager
def website(dates: str, away: float = 0.0) -> Iterator[str]:
    """A website of PAGES pages with ETags; page n links to the ten pages from 10 n on.

    `dates` is the lastmod of each page in the sitemap; without it there is no sitemap. `away` is the delay in seconds.
    """

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            time.sleep(away)
            status, kind, content = 200, "text/html; charset=utf-8", b""
            tag = f'"{self.path}"'
            if self.path == "/robots.txt":
                status = 404
            elif self.path == "/sitemap.xml":
                urls = "".join(f"<url><loc>{url}/{page}</loc>{dates}</url>" for page in range(PAGES))
                content, kind = f"<urlset>{urls}</urlset>".encode(), "application/xml"
                status = 200 if dates else 404
            elif self.headers["If-None-Match"] == tag:
                status = 304
            else:
                page = int(self.path[1:] or 0)
                links = "".join(f"<a href='/{10 * page + n}'>x</a>" for n in range(10) if 10 * page + n < PAGES)
                content = f"<title>Page {page}</title><nav>{links}</nav><p>{page}. {WORDS}</p>".encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("ETag", tag)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Ignore errors: the first run leaves a connection open."""

    server = Server(("127.0.0.1", 0), Handler)
    url = f"http://127.0.0.1:{server.server_port}"
    # The website has its own process, because threads of this process would share its interpreter with the run.
    process = multiprocessing.get_context("fork").Process(target=server.serve_forever, daemon=True)
    process.start()
    try:
        yield url
    finally:
        process.terminate()
        process.join()
        server.server_close()


class ListedObjects:
    """A client of S3 with PAGES objects, which it lists a thousand at a time."""

    def get_paginator(self, _: str) -> "ListedObjects":
        return self

    def paginate(self, **_: str) -> Iterator[Mapping[str, Any]]:
        for start in range(0, PAGES, 1_000):
            numbers = range(start, min(PAGES, start + 1_000))
            yield {"Contents": [{"Key": f"{n}.txt", "ETag": f'"{n}"', "Size": len(WORDS)} for n in numbers]}

    def get_object(self, **request: str) -> Mapping[str, Any]:
        return {"Body": io.BytesIO(f"{request['Key']} {WORDS}".encode())}


def seconds(settings: Mapping[str, Any], known: dict[str, Known], id: str, tools: Tools) -> float:
    """The seconds of a whole run. Raises SystemExit unless every page is known at its end."""
    into = Into(UnlimitedIndex, lambda _: None, Reading("text"), FileLimits())
    run = Run(source="bench", id=id)
    began = time.perf_counter()
    source = source_at(source_of(settings), tools)
    assert InStep(source, known, run, into, most_removed=50).go_on()  # noqa: S101 - a run that is cut measures nothing
    taken = time.perf_counter() - began
    if run.added + run.unchanged != PAGES:
        raise SystemExit(f"{run.added} added and {run.unchanged} unchanged of {PAGES}: the benchmark is wrong.")
    return taken


def row(name: str, settings: Mapping[str, Any], tools: Tools, delay: float) -> list[str]:
    """A row: the first and the second run, their ratio, and the time for MANY pages at the second run's rate.

    The last figure adds a pause of `delay` between two pages.
    """
    known: dict[str, Known] = {}
    first, second = (seconds(settings, known, id, tools) for id in ("first", "second"))
    many = second / PAGES * MANY
    polite = (many + delay * MANY) / 3600
    said = f"{polite:.1f} h" if polite > 1 else f"{polite * 60:.1f} min"
    return [name, f"{first:.1f}", f"{second:.2f}", f"1 : {first / second:,.0f}", f"{many:.0f} s", said]


def connected(url: str, connections: int, first: float) -> tuple[list[str], float]:
    """A row for an unchanged run with `connections`: pages per second, and their multiple of `first`; and the rate."""
    settings = {"kind": "website", "start": [f"{url}/"], "networks": ["127.0.0.0/8"], "delay": 0, "depth": 9}
    settings |= {"pages": PAGES, "connections": connections}
    known: dict[str, Known] = {}
    seconds({**settings, "connections": 16}, known, "first", Tools())
    rate = PAGES / seconds(settings, known, "second", Tools())
    many = f"{MANY / rate / 60:.0f} min"
    return [str(connections), f"{rate:.0f}", f"{rate / (first or rate):.1f}", many], rate


def main() -> None:
    """Measure and publish."""
    rows = []
    dated = "<lastmod>2026-11-01</lastmod>"
    for name, dates in (("website, 304 for each page", ""), ("website, dates in the sitemap", dated)):
        with website(dates) as url:
            settings = {"kind": "website", "start": [f"{url}/"], "networks": ["127.0.0.0/8"], "delay": 0, "depth": 9}
            rows.append(row(name, {**settings, "pages": PAGES}, Tools(), 0.0 if dates else DELAY))
    rows.append(row("S3, equal ETags", {"kind": "s3", "bucket": "bench"}, Tools(s3=ListedObjects()), 0.0))
    with website("", AWAY) as url:
        single, rate = connected(url, 1, 0.0)
        lines = [single, *(connected(url, connections, rate)[0] for connections in (4, 16))]
    columns = ["connections", "pages a second", "times as many", f"{MANY:,} unchanged"]
    publish("connections", columns, lines, CHECKOUT / "docs" / "sources.md")
    columns = ["source", f"first run of {PAGES:,}, s", "unchanged, s", "ratio", f"{MANY:,} unchanged", "with pauses"]
    publish("sources", columns, rows, CHECKOUT / "docs" / "sources.md")


if __name__ == "__main__":
    main()
