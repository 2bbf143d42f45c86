"""A website as a source, on a real HTTP server: what is read, requested again, followed, left out and removed."""

import gzip

import pytest

from settings.sources import source_of
from sources.item import Unlisted
from tests.unit import website_source
from tests.unit.source_runs import stored
from tests.unit.website_source import HERE, of
from tests.website_server import Page, Site, website

site = website_source.site


def test_pages_are_found_by_links_and_their_address_is_their_id(site: Site) -> None:
    kept = of(site)
    run = kept.run()
    assert kept.ids == [f"{site.url}/{path}" for path in ("", "leave", "pay", "sick")]
    assert kept.to.held[f"{site.url}/leave"]["title"] == "Leave"
    assert kept.to.held[f"{site.url}/leave"]["osml"] == {"source": "handbook"}
    assert (run.status, run.added, run.listed, run.passages) == ("done", 4, 4, 4)
    assert not any("elsewhere" in path for path, _ in site.requested)


@pytest.mark.parametrize("link", ["%2e%2e/pay", ".%2E/pay", "../pay", "{site}/docs/%2e%2e/pay", "{site}/docs/../pay"])
def test_no_spelling_of_an_address_leads_out_of_the_source(site: Site, link: str) -> None:
    site.page("/docs/", f"<p>Docs.</p><a href='{link.format(site=site.url)}'>out</a><a href='%61.html'>in</a>")
    site.page("/docs/a.html", "<p>Within.</p>")
    kept = of(site, "/docs/")
    kept.run()
    assert kept.ids == [f"{site.url}/docs/", f"{site.url}/docs/a.html"]
    assert not any("pay" in path for path, _ in site.requested)


def test_no_spelling_of_an_address_evades_an_exclusion(site: Site) -> None:
    site.page("/", "<p>Start.</p><a href='/%70ay'>Pay</a><a href='/leave/../pay'>Pay</a><a href='/le%61ve'>Leave</a>")
    kept = of(site, exclude=["*/pay"])
    kept.run()
    assert f"{site.url}/leave" in kept.ids
    assert not any("pay" in path for path, _ in site.requested)


def test_an_unchanged_site_costs_one_short_answer_a_page_and_no_load(site: Site) -> None:
    kept = of(site)
    kept.run()
    site.requested.clear()
    batches = len(kept.to.batches)
    run = kept.run()
    assert (run.unchanged, run.added, run.changed, run.removed, run.passages) == (4, 0, 0, 0, 0)
    assert sorted(site.paths(304)) == sorted(site.paths())
    assert len(site.paths()) == 4
    assert len(kept.to.batches) == batches


def test_what_has_changed_is_loaded_again_and_what_has_vanished_is_removed(site: Site) -> None:
    kept = of(site)
    kept.run()
    site.page("/pay", "<title>Pay</title><p>On the last.</p>")
    site.page("/", "<title>Start</title><p>Welcome.</p><a href='/new'>New</a>")
    site.page("/new", "<title>New</title><p>News.</p>")
    del site.pages["/sick"]
    run = kept.run()
    names = {change: [item.removeprefix(site.url) for item in those] for change, those in run.names.items()}
    assert names == {"changed": ["/", "/pay"], "added": ["/new"], "removed": ["/sick"]}
    # No page links to it any more, but the site still serves it.
    assert run.unchanged == 1
    assert f"{site.url}/leave" in kept.ids
    assert f"{site.url}/sick" not in kept.ids
    assert "On the last" in kept.to.held[f"{site.url}/pay"]["text"]


def test_a_page_whose_bytes_differ_and_whose_text_does_not_is_unchanged(site: Site) -> None:
    for path in ("/", "/leave"):
        site.pages[path].headers.pop("ETag")
    kept = of(site)
    kept.run()
    site.pages["/leave"].content += b"<!-- made at 12:01 -->"
    run = kept.run()
    assert (run.unchanged, run.changed) == (4, 0)


def test_sitemaps_name_pages_and_an_unchanged_date_costs_no_request(site: Site) -> None:
    def urls(date: str, *paths: str) -> bytes:
        entries = "".join(f"<url><loc>{site.url}{path}</loc><lastmod>{date}</lastmod></url>" for path in paths)
        return f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{entries}</urlset>".encode()

    site.page("/alone", "<p>No page names it.</p>")
    site.pages["/robots.txt"] = Page(f"Sitemap: {site.url}/all.xml\n".encode())
    place = f"<sitemap><loc>{site.url}/a.xml</loc></sitemap><sitemap><loc>{site.url}/b.xml</loc></sitemap>"
    site.pages["/all.xml"] = Page(f"<sitemapindex>{place}</sitemapindex>".encode())
    site.pages["/a.xml"] = Page(urls("2026-01-01", "/", "/leave", "/pay"))
    site.pages["/b.xml"] = Page(gzip.compress(urls("2026-01-02", "/alone", "/sick")))
    kept = of(site, depth=0)
    assert kept.run().added == 5
    site.requested.clear()
    assert kept.run().unchanged == 5
    assert site.paths() == []
    site.pages["/b.xml"] = Page(urls("2026-02-02", "/alone"))
    run = kept.run()
    # The page that the sitemap leaves out is requested: it still exists, and stays.
    assert sorted(site.paths()) == ["/alone", "/sick"]
    assert (run.unchanged, run.removed) == (5, 0)


@pytest.mark.parametrize("sitemap", [b"<urlset><url><loc>", b"\x1f\x8bno", b"\x00\xff" * 40, b"<a>&lol;</a>"])
def test_a_sitemap_that_is_none_is_named_and_links_are_followed(site: Site, sitemap: bytes) -> None:
    site.pages["/sitemap.xml"] = Page(sitemap)
    run = of(site).run()
    assert run.added == 4
    assert sitemap == b"\x00\xff" * 40 or any("/sitemap.xml, which is no" in item for item in run.left_out)


def test_robots_txt_is_obeyed_and_what_it_leaves_out_later_is_removed(site: Site) -> None:
    kept = of(site, contact="docs@example.com")
    kept.run()
    site.pages["/robots.txt"] = Page(b"User-agent: *\nDisallow: /x\n\nUser-agent: osml\nDisallow: /leave\n")
    run = kept.run()
    assert run.names["removed"] == [f"{site.url}/leave"]
    assert run.left_out["excluded by robots.txt"] == 1
    assert site.agents == {"osml (+docs@example.com)"}


def test_a_pause_in_robots_txt_is_kept_between_requests(site: Site) -> None:
    waits: list[float] = []
    site.pages["/robots.txt"] = Page(b"User-agent: *\nCrawl-delay: 7\n")
    kept = of(site, sitemap=False)
    kept.tools = kept.tools.__class__(sleep=waits.append)
    kept.run()
    assert max(waits) > 6.5
    assert len([wait for wait in waits if wait > 1]) >= 3


def test_the_pause_of_a_host_is_that_host_s_alone_and_used_for_the_others(site: Site) -> None:
    waits: list[float] = []
    site.pages["/robots.txt"] = Page(b"User-agent: *\nCrawl-delay: 7\n")
    with website() as other:
        other.page("/", "<a href='/1'>1</a><a href='/2'>2</a><a href='/3'>3</a><p>Others</p>")
        for number in (1, 2, 3):
            other.page(f"/{number}", f"<p>Number {number}.</p>")
        starts = [f"{site.url}/", f"{other.url}/"]
        kept = stored(kind="website", start=starts, networks=HERE, delay=0.0, sitemap=False)
        kept.tools = kept.tools.__class__(sleep=waits.append)
        kept.run()
        assert [name.startswith(site.url) for name in kept.to.held][:6] == [True, False] * 3
    assert len([wait for wait in waits if wait > 1]) == 3


@pytest.mark.parametrize("status", [500, 503])
def test_without_an_answer_about_robots_nothing_is_read_or_removed(site: Site, status: int) -> None:
    kept = of(site)
    kept.run()
    site.pages["/robots.txt"] = Page(status=status)
    with pytest.raises(Unlisted, match=rf"/robots.txt was answered {status}. Nothing is read or removed"):
        kept.run()
    assert len(kept.ids) == 4


def test_redirects_are_followed_within_the_source_and_loops_end(site: Site) -> None:
    site.page("/", "<p>W.</p><a href='/a'>a</a><a href='/old'>old</a><a href='/out'>out</a><a href='/self'>self</a>")
    site.pages["/a"] = Page(status=302, headers={"Location": "/b"})
    site.pages["/b"] = Page(status=301, headers={"Location": "SITE/a"})
    site.pages["/self"] = Page(status=302, headers={"Location": "/self"})
    site.pages["/old"] = Page(status=308, headers={"Location": "leave"})
    site.pages["/out"] = Page(status=302, headers={"Location": "http://169.254.169.254/latest/meta-data/"})
    kept = of(site)
    run = kept.run()
    assert kept.ids == [f"{site.url}/{path}" for path in ("", "leave", "sick")]
    assert run.left_out["redirects"] == 5
    assert len(site.paths()) == len(set(site.paths()))
    assert kept.run().unchanged == 3


def test_a_busy_site_is_asked_again_as_it_says_and_a_page_without_an_answer_stays(site: Site) -> None:
    waits: list[float] = []
    kept = of(site)
    kept.run()
    kept.tools = kept.tools.__class__(sleep=waits.append)
    site.pages["/leave"] = Page(site.pages["/leave"].content, 503, {"Retry-After": "3"}, times=1)
    site.pages["/pay"] = Page(status=503, headers={"Retry-After": "4000"})
    site.pages["/sick"] = Page(status=401)
    run = kept.run()
    assert any(2.9 < wait <= 3.0 for wait in waits)
    assert (run.kept, run.removed, len(kept.ids)) == (2, 0, 4)
    assert f"{site.url}/pay was answered 503, and asked to wait 4000 s, and stays as it is" in run.refusals
    assert f"{site.url}/sick was answered 401, and stays as it is" in run.refusals


def test_a_site_that_is_down_is_a_sentence_and_removes_nothing(site: Site) -> None:
    kept = of(site)
    kept.run()
    site.pages["/"] = Page(status=502)
    with pytest.raises(Unlisted, match=r"was answered 502\. Nothing is removed; check that the site answers"):
        kept.run()
    assert len(kept.ids) == 4


def test_many_pages_in_a_row_without_an_answer_end_the_run(site: Site) -> None:
    links = "".join(f"<a href='/{number}'>x</a>" for number in range(50))
    site.page("/", f"<p>Many.</p>{links}")
    for number in range(50):
        site.pages[f"/{number}"] = Page(status=500)
    with pytest.raises(Unlisted, match="was answered 500"):
        of(site).run()


def test_a_site_that_lists_far_less_removes_nothing_until_somebody_says_so(site: Site) -> None:
    kept = of(site)
    kept.run()
    site.page("/", "<p>Down for maintenance.</p>")
    for path in ("/leave", "/pay", "/sick"):
        del site.pages[path]
    run = kept.run()
    assert (run.status, run.removed, len(kept.ids)) == ("held", 0, 4)
    assert "lists 1 of the 4 items that it had, so nothing was removed" in str(run.message)
    assert "`osml sync handbook --remove`" in str(run.message)
    run = kept.run(removing=True)
    assert (run.status, run.removed, kept.ids) == ("done", 3, [f"{site.url}/"])


def test_encodings_are_those_of_the_header_of_the_page_or_utf_8(site: Site) -> None:
    text = "<meta charset=utf-8><p>Größe: żółć <a href='/sick'></a></p>"
    site.pages["/leave"] = Page(text.encode("iso-8859-2"), headers={"Content-Type": "text/html; charset=ISO-8859-2"})
    site.pages["/pay"] = Page("<p>Größe</p>".encode("cp1252"), headers={"Content-Type": "text/html; charset=nonsense"})
    site.pages["/sick"] = Page(
        "\ufeff<p>Größe <a href='/ä'></a></p>".encode("utf-16-le"), headers={"Content-Type": "text/html"}
    )
    kept = of(site)
    kept.run()
    said = {id.rpartition("/")[2]: value["text"] for id, value in kept.to.held.items()}
    assert (said["leave"], said["pay"], said["sick"]) == ("Größe: żółć", "Größe", "Größe")
    assert "/%C3%A4" in site.paths()


def test_files_are_read_by_their_type_and_others_are_counted(site: Site) -> None:
    site.page("/", "<p>F.</p><a href='/prices.csv?x=1'>c</a><a href='/notes'>n</a><a href='/pic.png'>p</a>")
    site.pages["/prices.csv?x=1"] = Page(b"id,text\nr1,one\nr2,two\n", headers={"Content-Type": "text/csv"})
    site.pages["/notes"] = Page(b"Some notes.", headers={"Content-Type": "text/plain"})
    site.pages["/pic.png"] = Page(b"\x89PNG", headers={"Content-Type": "image/png"})
    kept = of(site)
    run = kept.run()
    assert kept.ids == [f"{site.url}/", f"{site.url}/notes", "r1", "r2"]
    assert run.left_out == {"image/png": 1}
    site.pages["/prices.csv?x=1"] = Page(b"id,text\nr2,two!\n", headers={"Content-Type": "text/csv"})
    run = kept.run()
    # A removed row is removed with its document.
    assert kept.ids == [f"{site.url}/", f"{site.url}/notes", "r2"]
    assert run.names["changed"] == [f"{site.url}/prices.csv?x=1"]


def test_pages_say_that_they_are_to_be_left_out(site: Site) -> None:
    kept = of(site)
    kept.run()
    site.page("/leave", "<meta name=ROBOTS content='NoIndex'><p>Thirty days.</p><a href='/deep'>d</a>")
    site.page("/pay", "<p>P</p><a href='/hidden'>h</a>", X_Robots_Tag="nofollow")
    site.page("/deep", "<p>Deep.</p><a rel='nofollow' href='/hidden'>h</a>")
    site.page("/hidden", "<p>Hidden.</p>")
    kept.run()
    assert kept.ids == [f"{site.url}/{path}" for path in ("", "deep", "pay", "sick")]


def test_depth_number_and_patterns_bound_a_crawl(site: Site) -> None:
    assert of(site, depth=0).run().added == 1
    assert of(site, depth=1).run().added == 3
    run = of(site, pages=2).run()
    assert run.added == 2
    assert run.left_out["pages after the first 2"] >= 1
    assert of(site, exclude=["*/pay"]).run().added == 3
    kept = of(site, start="/docs/", sitemap=False)
    site.page("/docs/", "<p>D</p><a href='/leave'>x</a><a href='../docs/a'>a</a>")
    site.page("/docs/a", "<p>A</p>")
    kept.run()
    assert kept.ids == [f"{site.url}/docs/", f"{site.url}/docs/a"]


def test_a_bounded_crawl_removes_nothing_that_it_has_not_reached(site: Site) -> None:
    kept = of(site)
    kept.run()
    kept.settings = kept.settings.model_copy(update={"pages": 2})
    run = kept.run()
    assert (run.removed, len(kept.ids)) == (0, 4)


@pytest.mark.parametrize("calls", [1, 2, 3])
def test_a_run_goes_on_in_further_calls_and_reads_each_page_once(site: Site, calls: int) -> None:
    kept = of(site)
    left = calls
    run = None

    def goes_on() -> bool:
        nonlocal left
        left -= 1
        return left > 0

    run = kept.run(goes_on)
    while run.status == "running":
        left = calls
        run = kept.go_on(run, goes_on)
    assert run.added == 4
    assert run.calls >= 4 // calls
    assert sorted(site.paths(200)) == ["/", "/leave", "/pay", "/sick"]
    site.page("/", "<p>Welcome again.</p>")
    del site.pages["/sick"]
    run = kept.run(goes_on)
    while run.status == "running":
        left = calls
        run = kept.go_on(run, goes_on)
    assert (run.changed, run.unchanged, run.removed) == (1, 2, 1)


def test_a_run_that_only_looks_loads_and_removes_nothing(site: Site) -> None:
    kept = of(site)
    kept.run()
    site.page("/pay", "<p>Other.</p>")
    del site.pages["/sick"]
    before = dict(kept.to.held)
    run = kept.run(dry=True)
    assert (run.changed, run.removed, run.unchanged) == (1, 1, 2)
    assert kept.to.held == before


def test_a_private_address_is_not_reached_unless_the_settings_name_it(site: Site) -> None:
    with pytest.raises(Unlisted, match=r"127.0.0.1, which is not public"):
        of(site, networks=[]).run()
    assert site.requested == []


def test_a_source_that_never_lists_anything_fails_with_the_reason(site: Site) -> None:
    site.pages["/"] = Page(status=301, headers={"Location": "https://other.example/"})
    run = of(site).run()
    assert run.status == "failed"
    assert run.message == "The source handbook lists no readable document. Left out: 1 redirects."


@pytest.mark.parametrize("network", ["169.254.0.0/16", "0.0.0.0/0", "fe80::/64", "169.254.169.254/32"])
def test_no_setting_opens_the_address_of_credentials(network: str) -> None:
    with pytest.raises(ValueError, match="where credentials are given out"):
        source_of({"kind": "website", "start": ["https://a.example/"], "networks": [network]})
