"""A website: its pages are found by sitemaps, by links, and from the last run.

A page of the last run is requested again even if no page links to it any more. It is gone if the site answers 404 or
410, if it redirects, or if robots.txt or the settings exclude it. A page that was read before is requested with its
ETag and date, so an unchanged page costs one short answer. If the sitemap has its date, it costs no request.
"""

import io
import json
import tempfile
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import IO, BinaryIO, cast
from urllib.parse import urljoin

from protego import Protego

from corpus.formats.page import decoded
from settings.sources.website import Website
from sources.item import Content, ItemSource, Known, ListedItem, Unlisted, Unreached
from sources.patterns import wanted_by
from sources.tools import Tools
from sources.web.fetch import Fetching, HttpAnswer
from sources.web.file_name import HTML, file_name
from sources.web.guard import guarded_session
from sources.web.page import address, read_page, with_encoding
from sources.web.sitemap import MOST_SITEMAPS, NoSitemap, read_sitemap
from sources.web.turns import Turns

AGENT = "osml"
# After this many pages in a row without an answer, the site counts as down.
MOST_TROUBLE = 10
LARGEST_ROBOTS = 500_000
# The longest pause, in seconds, that is kept because robots.txt asks for it.
LONGEST_DELAY = 30.0
GONE = (404, 410)


def source(settings: Website, tools: Tools) -> ItemSource:
    """The pages of the website."""
    contact = f" (+{settings.contact})" if settings.contact else ""
    session = guarded_session(settings.networks, f"{tools.agent}{contact}", settings.connections)
    return Pages(settings, Fetching(session, settings.delay, tools.left, tools.sleep))


class Pages(ItemSource):
    """See ItemSource."""

    def __init__(self, settings: Website, fetching: Fetching) -> None:
        super().__init__()
        self._settings, self._fetching = settings, fetching
        self._starts = [url for start in settings.start if (url := address(start))]
        self._within = tuple(url.rpartition("/")[0] + "/" for url in self._starts)
        self._wanted = wanted_by(settings.include, settings.exclude)
        self._robots: dict[str, Protego] = {}
        self._counting = threading.Lock()

    def items(self, known: Mapping[str, Known], run: str) -> Iterator[ListedItem]:
        """See ItemSource."""
        dates = self._dates() if self._settings.sitemap else {}
        waiting = Turns((url, 0) for url in dict.fromkeys([*self._starts, *dates]))
        waiting.add((url, page.depth) for url, page in known.items())
        met, read, trouble = set[str](), 0, 0
        # Answers are taken in the order of requests, so with one connection, pages come one after another.
        begun = deque[tuple[str, Future[ListedItem | None]]]()
        with ThreadPoolExecutor(self._settings.connections) as connections:
            while waiting or begun:
                # The pages under way may fill the limit of pages, so no more are begun until their results are known.
                if not waiting or len(begun) >= self._ahead or (begun and read + len(begun) >= self._settings.pages):
                    url, answer = begun.popleft()
                    item = answer.result()
                    if item is None:
                        continue
                    trouble = trouble + 1 if item.trouble else 0
                    if item.trouble and (url in self._starts or trouble >= MOST_TROUBLE):
                        raise Unlisted(f"{url} {item.trouble}. Nothing is removed; check that the site answers.")
                    read += item.is_a_document
                    yield item
                    waiting.add((link, item.depth + 1) for link in item.links)
                    continue
                url, depth = waiting.next()
                if url in met or not self._is_ours(url):
                    continue
                met.add(url)
                before = known.get(url)
                if before and before.seen == run:
                    read += bool(before.documents)
                elif read >= self._settings.pages:
                    self.is_complete = False
                    self._leave_out(f"pages after the first {self._settings.pages:,}")
                elif not self._allowed(url):
                    self._leave_out("excluded by robots.txt")
                else:
                    begun.append((url, connections.submit(self._item, url, depth, before, dates.get(url, ""))))

    @property
    def _ahead(self) -> int:
        """The number of pages that may be requested before the result of the first one is taken."""
        connections = self._settings.connections
        return 1 if connections == 1 else 2 * connections

    def _leave_out(self, reason: str) -> None:
        with self._counting:
            self.left_out[reason] += 1

    def _is_ours(self, url: str) -> bool:
        return url.startswith(self._within) and self._wanted(url)

    def _item(self, url: str, depth: int, before: Known | None, date: str) -> ListedItem | None:
        """The page as an item; None if it is gone, or is not a document."""
        mark = json.loads(before.mark) if before and before.mark else {}
        if date and mark.get("lastmod") == date:
            return ListedItem(url, before.mark if before else "", depth=depth)
        try:
            with self._fetching.get(url, _conditions(mark)) as answer:
                if answer.status == 304 and before:
                    return ListedItem(url, json.dumps({**mark, "lastmod": date}), depth=depth)
                if answer.status in GONE:
                    return None
                if 300 <= answer.status < 400:
                    return self._elsewhere(url, depth, answer)
                if answer.status != 200:
                    return ListedItem(url, trouble=f"was answered {answer.status}", depth=depth)
                return self._page(url, depth, answer, date)
        except Unreached as why:
            return ListedItem(url, trouble=str(why), depth=depth)

    def _elsewhere(self, url: str, depth: int, answer: HttpAnswer) -> ListedItem:
        self._leave_out("redirects")
        target = address(urljoin(url, answer.headers.get("location", "")))
        # The target is read as a separate page if it belongs to this source.
        return ListedItem(
            url, depth=max(0, depth - 1), links=self._own_links([target] if target else []), is_a_document=False
        )

    def _page(self, url: str, depth: int, answer: HttpAnswer, date: str) -> ListedItem | None:
        said = {"etag": "etag", "modified": "last-modified"}
        mark = {name: answer.headers[header] for name, header in said.items() if header in answer.headers}
        marked = json.dumps({**mark, "lastmod": date}) if mark or date else ""
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        name = file_name(url, kind)
        if name is None:
            self._leave_out(kind or "without a type")
            return None
        file = tempfile.SpooledTemporaryFile(1 << 20)  # noqa: SIM115 - the item's content closes it
        answer.save(file)
        file.seek(0)
        links: tuple[str, ...] = ()
        if kind in HTML:
            content = with_encoding(file.read(), answer.headers)
            page = read_page(decoded(content), url, answer.headers)
            links = tuple(page.links) if depth < self._settings.depth else ()
            file.close()
            if not page.is_indexed:
                self._leave_out("pages that ask not to be indexed")
                return ListedItem(url, depth=depth, links=self._own_links(links), is_a_document=False)
            file = cast("tempfile.SpooledTemporaryFile[bytes]", io.BytesIO(content))
        return ListedItem(url, marked, Content(name, lambda: _opened(file)), depth=depth, links=self._own_links(links))

    def _own_links(self, links: Iterable[str]) -> list[str]:
        return [link for link in links if self._is_ours(link)]

    def _dates(self) -> dict[str, str]:
        """The pages in the sitemaps with their dates."""
        hosts = dict.fromkeys(urljoin(start, "/") for start in self._starts)
        waiting = deque[str]()
        for host in hosts:
            named = [url for url in self._robots_of(host).sitemaps if address(url)]
            waiting += named or [urljoin(host, "sitemap.xml")]
        dates: dict[str, str] = {}
        met = set[str]()
        while waiting and len(met) < MOST_SITEMAPS:
            url = waiting.popleft()
            if url in met or not url.startswith(tuple(hosts)):
                continue
            met.add(url)
            pages, more = self._sitemap(url)
            dates |= {page: date for place, date in pages.items() if (page := address(place))}
            waiting += more
        return dates

    def _sitemap(self, url: str) -> tuple[dict[str, str], list[str]]:
        with tempfile.TemporaryFile() as file:
            try:
                with self._fetching.get(url) as answer:
                    if answer.status != 200:
                        # A site does not need a sitemap.
                        return {}, []
                    answer.save(file)
                file.seek(0)
                return read_sitemap(file)
            except Unreached as why:
                raise Unlisted(f"The sitemap {url} {why}. Nothing is removed; check that the site answers.") from None
            except NoSitemap as why:
                self._leave_out(f"the sitemap {url}, which {why}")
                return {}, []

    def _allowed(self, url: str) -> bool:
        robots = self._robots_of(urljoin(url, "/"))
        return bool(robots.can_fetch(url, AGENT))

    def _robots_of(self, host: str) -> Protego:
        """The rules of robots.txt (RFC 9309): all is allowed without a file. Raises Unlisted if it cannot be read."""
        if host not in self._robots:
            url = urljoin(host, "robots.txt")
            robots = self._robots[host] = Protego.parse(self._robots_text(url, 0))
            pause = robots.crawl_delay(AGENT)
            self._fetching.slow_down(host, min(pause or 0.0, LONGEST_DELAY))
        return self._robots[host]

    def _robots_text(self, url: str, hops: int) -> str:
        try:
            with self._fetching.get(url) as answer, tempfile.TemporaryFile() as file:
                if 300 <= answer.status < 400 and hops < 5:
                    target = address(urljoin(url, answer.headers.get("location", "")))
                    return self._robots_text(target, hops + 1) if target else ""
                if answer.status != 200:
                    return ""
                answer.save(file)
                file.seek(0)
                return file.read(LARGEST_ROBOTS).decode("utf-8", "replace")
        except Unreached as why:
            raise Unlisted(f"{url} {why}. Nothing is read or removed; check that the site answers.") from None


def _conditions(mark: Mapping[str, str]) -> dict[str, str]:
    said = {"If-None-Match": mark.get("etag"), "If-Modified-Since": mark.get("modified")}
    return {name: value for name, value in said.items() if value}


@contextmanager
def _opened(file: IO[bytes]) -> Iterator[BinaryIO]:
    with file:
        yield cast(BinaryIO, file)
