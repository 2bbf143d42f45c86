"""Dashboards through the proxy in a real browser, which sends its cookies to every port of a host."""

from collections.abc import Callable, Iterator

import pytest
from botocore.credentials import Credentials
from playwright.sync_api import Page, expect

from osml.dashboards.proxy import DashboardsProxy
from osml.dashboards.signature import CallerSignature
from tests.dashboards_server import Dashboards, dashboards_server, serving

HOME = b"""<!doctype html><title>Dashboards</title><p>home</p><script>
fetch('/_dashboards/api/status', {headers: {'osd-xsrf': 'true'}, credentials: 'same-origin'})
  .then(answer => document.querySelector('p').textContent = 'status ' + answer.status)
</script>"""
# A page of another server on this machine, which tries every request that a page may send elsewhere.
ELSEWHERE = b"""<!doctype html><p>trying</p><img src="PROXY/_dashboards/image"><script>
const tries = [
  fetch('PROXY/_dashboards/get', {mode: 'no-cors', credentials: 'include'}),
  fetch('PROXY/_dashboards/post', {method: 'POST', mode: 'no-cors', credentials: 'include', body: 'x'}),
  fetch('PROXY/_dashboards/headers', {headers: {'osd-xsrf': 'true'}, credentials: 'include'}),
]
Promise.allSettled(tries).then(() => document.querySelector('p').textContent = 'tried')
</script>"""
HTML = ("Content-Type", "text/html")


@pytest.fixture
def served() -> Iterator[tuple[Dashboards, DashboardsProxy]]:
    signature = CallerSignature(Credentials("AKIDEXAMPLE", "secret"), "us-east-1")
    with dashboards_server() as (dashboards, endpoint), serving(DashboardsProxy(endpoint, signature, print)) as proxy:
        assert isinstance(proxy, DashboardsProxy)
        dashboards.body, dashboards.headers = HOME, [HTML]
        yield dashboards, proxy


def test_the_link_opens_dashboards_and_no_other_page_of_this_machine_reaches_them(
    window: Callable[..., Page], served: tuple[Dashboards, DashboardsProxy]
) -> None:
    dashboards, proxy = served
    page = window()
    page.goto(proxy.entrance.link)
    expect(page.locator("p")).to_have_text("status 200")
    assert page.url == f"{proxy.entrance.origin}/_dashboards/"
    reached = [request.target for request in dashboards.requests if "favicon" not in request.target]
    assert reached == ["/_dashboards/", "/_dashboards/api/status"]
    with dashboards_server() as (theirs, address):
        theirs.body, theirs.headers = ELSEWHERE.replace(b"PROXY", proxy.entrance.origin.encode()), [HTML]
        page.goto(address)
        expect(page.locator("p")).to_have_text("tried")
        assert proxy.entrance.cookie in theirs.requests[0].headers["Cookie"], "ports of a host share their cookies"
    assert [request.target for request in dashboards.requests if "favicon" not in request.target] == reached
