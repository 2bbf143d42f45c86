"""A website that is read over several connections."""

import threading
import time

import pytest

from tests.unit import website_source
from tests.unit.website_source import of
from tests.website_server import Page, Site

site = website_source.site


def many(site: Site, number: int) -> None:
    links = "".join(f"<a href='/{page}'>x</a>" for page in range(number))
    site.page("/", f"<p>Start.</p>{links}")
    for page in range(number):
        site.page(f"/{page}", f"<p>Page {page}.</p>")


@pytest.mark.parametrize("connections", [1, 4, 16])
def test_as_many_pages_are_asked_for_at_once_as_connections_are_set(site: Site, connections: int) -> None:
    many(site, 20)
    lock, now, most = threading.Lock(), 0, 0

    def before(path: str) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.01)
        with lock:
            now -= 1

    site.before = before
    kept = of(site, connections=connections, sitemap=False)
    run = kept.run()
    assert (run.status, run.added) == ("done", 21)
    assert (most == 1) == (connections == 1)
    assert most <= connections
    site.before = lambda _: None
    site.requested.clear()
    assert kept.run().unchanged == 21
    assert len(site.paths(304)) == 21
    del site.pages["/7"]
    assert kept.run().names == {"removed": [f"{site.url}/7"]}


def test_the_crawl_delay_of_the_site_holds_on_several_connections(site: Site) -> None:
    many(site, 4)
    site.pages["/robots.txt"] = Page(b"User-agent: *\nCrawl-delay: 20\n", headers={"Content-Type": "text/plain"})
    waits = list[float]()
    kept = of(site, connections=16, sitemap=False)
    kept.tools = kept.tools.__class__(sleep=waits.append)
    kept.run()
    # The waits take no time, so each one is as long as all earlier turns together.
    assert [round(wait / 20) for wait in sorted(waits)] == [1, 2, 3, 4]


def test_while_a_site_is_busy_no_connection_asks_it(site: Site) -> None:
    many(site, 60)
    site.pages["/3"] = Page(site.pages["/3"].content, 503, {"Retry-After": "50"}, times=1)
    waits = list[float]()
    kept = of(site, connections=4, sitemap=False)
    kept.tools = kept.tools.__class__(sleep=waits.append)
    assert kept.run().added == 61
    # All except those that were requested together with the busy one.
    assert len([wait for wait in waits if 30 < wait <= 50]) > 40


def test_no_more_pages_than_are_set_are_read_on_several_connections(site: Site) -> None:
    many(site, 30)
    kept = of(site, connections=8, sitemap=False, pages=10)
    run = kept.run()
    assert (run.added, len(site.paths())) == (10, 10)
    assert run.left_out == {"pages after the first 10": 21}
