"""Confluence and SharePoint as sources, on servers that are strict about their vendors' public schemas."""

from collections.abc import Iterator
from typing import Any

import pytest

from settings.secret import Secret
from settings.sources.confluence import Confluence
from settings.sources.sharepoint import SharePoint
from sources import sharepoint
from sources.item import Unlisted
from sources.tools import Tools
from tests.unit.source_runs import Stored
from tests.unit.vendor_apis import CLIENT, KEY, TENANT, USER, Vendor, vendor


class Wiki(Confluence):
    """A source from Confluence that also accepts http."""

    url: str


class Site(SharePoint):
    """A source from SharePoint that also accepts http."""

    url: str


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Vendor]:
    with vendor() as running:
        monkeypatch.setattr(sharepoint, "LOGIN", running.url)
        monkeypatch.setattr(sharepoint, "GRAPH", running.url)
        running.page("1", "Leave", "<p>Thirty days.</p><ac:link>x</ac:link>")
        running.page("2", "Pay & more", "<p>On the first.</p>")
        running.page("3", "Draft", "<p>No.</p>", status="archived")
        running.page("4", "Sick", "<h1>When sick</h1><p>Call us.</p>")
        running.files |= {"a.txt": b"One.", "Policies/2026/travel rules.txt": b"Trains.", "b.png": b"?"}
        yield running


def tools(key: str = KEY) -> Tools:
    return Tools(secret=lambda: key, sleep=lambda _: None, networks=["127.0.0.0/8"])


def wiki(served: Vendor, key: str = KEY, **settings: Any) -> Stored:
    given = {"spaces": ["HR"], "user": USER, "secret": Secret(name="wiki"), **settings}
    return Stored(Wiki(kind="confluence", url=served.url, **given), tools=tools(key))


def site(served: Vendor, key: str = KEY, **settings: Any) -> Stored:
    given = {"tenant": TENANT, "client": CLIENT, "secret": Secret(name="graph"), **settings}
    return Stored(Site(kind="sharepoint", url=f"{served.url}/sites/hr", **given), tools=tools(key))


def test_current_pages_of_a_space_are_documents(served: Vendor) -> None:
    kept = wiki(served)
    run = kept.run()
    assert kept.ids == [f"{served.url}/wiki/spaces/HR/pages/{id}" for id in "124"]
    page = kept.to.held[kept.ids[1]]
    assert (page["title"], page["text"]) == ("Pay & more", "On the first.")
    assert run.added == 3


def test_a_page_is_read_again_when_its_version_changes_and_removed_when_it_is_archived(served: Vendor) -> None:
    kept = wiki(served)
    kept.run()
    served.requested.clear()
    assert kept.run().unchanged == 3
    assert served.reads(r"/pages/\d") == 0
    served.page("2", "Pay", "<p>On the last.</p>", version=2)
    served.pages["4"]["status"] = "archived"
    run = kept.run()
    assert (run.changed, run.removed, run.unchanged) == (1, 1, 1)
    assert served.reads(r"/pages/\d") == 1


def test_titles_choose_pages(served: Vendor) -> None:
    assert wiki(served, exclude=["Pay*"]).run().added == 2


def test_a_busy_confluence_is_asked_again(served: Vendor) -> None:
    served.busy = 2
    assert wiki(served).run().added == 3


def test_what_confluence_refuses_is_a_sentence_without_the_key(served: Vendor) -> None:
    with pytest.raises(Unlisted, match=r"was refused \(401\). Check `user`, its API token") as refused:
        wiki(served, "wrong-key").run()
    assert "wrong-key" not in str(refused.value)
    with pytest.raises(Unlisted, match=f"Confluence has no space IT that {USER} may see"):
        wiki(served, spaces=["IT"]).run()


def test_files_of_a_library_are_documents(served: Vendor) -> None:
    kept = site(served)
    run = kept.run()
    assert kept.ids == [
        f"{served.url}/sites/hr/Policies/2026/travel%20rules.txt",
        f"{served.url}/sites/hr/a.txt",
    ]
    assert (run.added, run.left_out) == (2, {".png": 1})
    assert kept.to.held[kept.ids[0]]["title"] == "travel rules"


def test_a_file_is_read_again_when_its_content_changes_and_removed_with_it(served: Vendor) -> None:
    kept = site(served)
    kept.run()
    served.requested.clear()
    assert kept.run().unchanged == 2
    assert served.reads("/content$") == 0
    served.files |= {"a.txt": b"One more.", "c.txt": b"Three."}
    del served.files["Policies/2026/travel rules.txt"]
    run = kept.run()
    assert (run.added, run.changed, run.removed) == (1, 1, 1)


def test_a_library_is_chosen_by_its_name(served: Vendor) -> None:
    with pytest.raises(Unlisted, match="has no library Plans; there are Documents, Policies"):
        site(served, library="Plans").run()
    assert site(served, library="Documents").run().added == 2


def test_what_microsoft_refuses_is_a_sentence_without_the_key(served: Vendor) -> None:
    with pytest.raises(Unlisted, match=r"Microsoft refuses the application \(401\): AADSTS7000215") as refused:
        site(served, "wrong-key").run()
    assert "wrong-key" not in str(refused.value)
    assert "Trace" not in str(refused.value)


@pytest.mark.parametrize("kind", [wiki, site])
def test_a_token_goes_to_no_other_host_and_a_list_that_breaks_off_removes_nothing(served: Vendor, kind: Any) -> None:
    kept = kind(served)
    kept.run()
    before = kept.ids
    served.leads_to = "https://elsewhere.example/next"
    with pytest.raises(Unlisted, match=r"redirects to another host, elsewhere\.example"):
        kept.run()
    served.leads_to = f"{served.url}/v1.0/nowhere" if kind is site else "/wiki/api/v2/nowhere"
    with pytest.raises(Unlisted, match=r"nowhere was answered 404. Nothing is removed"):
        kept.run()
    assert kept.ids == before


@pytest.mark.parametrize("kind", [wiki, site])
def test_an_api_in_another_form_is_a_sentence(served: Vendor, kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(served, "answer", lambda *_: (200, {"value": [1], "results": [1], "id": "x"}, {}))
    with pytest.raises(Unlisted, match="in the form of its API"):
        kind(served).run()
