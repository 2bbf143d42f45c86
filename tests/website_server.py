"""A website on this machine that behaves like real ones: dates, redirects, "busy" answers, other encodings."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

from sandbox.models.json_handler import serving

Headers = dict[str, str]


@dataclass
class Page:
    """The answer for a path. The first `times` answers have `status`; then they have 200.

    Without `times`, all have `status`.
    """

    content: bytes = b""
    status: int = 200
    headers: Headers = field(default_factory=dict)
    times: int | None = None


@dataclass
class Site:
    """`pages` are the pages by path; `requested` are the paths of all requests with their status, in order."""

    url: str = ""
    pages: dict[str, Page] = field(default_factory=dict)
    requested: list[tuple[str, int]] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    before: Callable[[str], None] = lambda _: None

    def page(self, path: str, html: str, **headers: str) -> None:
        """Add an HTML page, whose ETag is made from its content."""
        content = html.replace("SITE", self.url).encode()
        given = {"Content-Type": "text/html; charset=utf-8", "ETag": f'"{hash(content)}"'}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = Page(content, headers=given)

    def paths(self, status: int | None = None) -> list[str]:
        """The paths of the requests, with the given status if there is one, without robots.txt and sitemaps."""
        paths = [path for path, answered in self.requested if status in (None, answered)]
        return [path for path in paths if not path.endswith((".txt", ".xml"))]


@contextmanager
def website() -> Iterator[Site]:
    """Run the website until the block ends."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            site.before(self.path)
            site.agents.add(self.headers["User-Agent"])
            page = site.pages.get(self.path)
            status, headers, content = (page.status, dict(page.headers), page.content) if page else (404, {}, b"")
            if page and page.times is not None:
                page.times -= 1
                status, headers = (status, headers) if page.times >= 0 else (200, {"Content-Type": "text/html"})
            if page and status == 200 and headers.get("ETag") and self.headers["If-None-Match"] == headers["ETag"]:
                status, content = 304, b""
            site.requested.append((self.path, status))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value.replace("SITE", site.url))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Handler) as site.url:
        yield site
