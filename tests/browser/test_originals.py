"""The original of a document opens at the right place, in its own window, from another host."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from sandbox.certificates import Certificates
from tests.browser import flows
from tests.browser.conftest import OpenPage
from tests.browser.listener import Request, Wire, listening
from tests.browser.stage import KEY, Stage, answer, event
from tests.browser.test_page import sound, source

SENTENCE = "Pond three - the deep one, which freezes late - has 45 ducks & no swans."
TEXT = "Introduction.\n" * 400 + f"{SENTENCE}\n" + "The end.\n" * 400


@pytest.fixture
def bucket(certificates: Certificates) -> Iterator[str]:
    """The origin of a bucket, with the headers that were stored with a file."""

    def answered(request: Request, wire: Wire) -> None:
        type = {"txt": "text/plain; charset=utf-8", "pdf": "text/plain"}.get(request.path.rpartition(".")[2])
        disposition = "inline" if type else "attachment; filename*=UTF-8''park.html"
        headers = {"Content-Type": type or "application/octet-stream", "Content-Disposition": disposition}
        wire.whole(200, headers, TEXT.encode())

    with listening(certificates, answered) as origin:
        yield origin


def kept(stage: Stage, bucket: str, name: str, type: str, *, shown: bool = True) -> None:
    stage.add(name, "The park", TEXT)
    stage.links[name] = {"url": f"{bucket}/{name}?X-Amz-Signature=s", "seconds": 60, "type": type, "shown": shown}


def ask_about(window: Page, stage: Stage, name: str, **more: object) -> None:
    passage = source(1, document=name, original="digest", text=SENTENCE, used=[{"start": 0, "end": 72, "score": 1}])
    stage.asks.append([event("answer", **answer("45 ducks.", [{**passage, **more}]))])
    flows.ask(window, "How many ducks?")


def test_a_text_opens_at_the_sentence_that_was_used(page: Page, stage: Stage, bucket: str) -> None:
    kept(stage, bucket, "park.txt", "text/plain; charset=utf-8")
    ask_about(page, stage, "park.txt")
    sound(page, "a source with its original")
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Open the original").click()
    tab = opened.value
    tab.wait_for_url(f"{bucket}/park.txt**")
    tab.wait_for_function("() => scrollY > 1000")
    assert tab.evaluate("() => opener") is None
    assert tab.evaluate("() => document.body.textContent.includes('Pond three')")


def test_a_pdf_opens_at_the_page(page: Page, stage: Stage, bucket: str) -> None:
    kept(stage, bucket, "park.pdf", "application/pdf")
    ask_about(page, stage, "park.pdf", page=4)
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Open the original").click()
    opened.value.wait_for_url(re.compile(r"/park\.pdf\?X-Amz-Signature=s#page=4$"))


def test_what_may_run_scripts_is_saved_and_the_page_stays(window: OpenPage, stage: Stage, bucket: str) -> None:
    page = window()
    flows.enter(page, stage.url, KEY)
    kept(stage, bucket, "park.html", "application/octet-stream", shown=False)
    flows.open_documents(page)
    sound(page, "documents with originals")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Open the original of The park").click()
    assert saved.value.suggested_filename == "park.html"
    expect(page.get_by_role("heading", name="Documents", level=2)).to_be_visible()
    assert len(page.context.pages) == 1


def test_an_original_that_is_gone_is_said_and_no_window_stays(page: Page, stage: Stage, bucket: str) -> None:
    kept(stage, bucket, "park.txt", "text/plain; charset=utf-8")
    ask_about(page, stage, "park.txt")
    stage.links.clear()
    with page.expect_popup():
        page.get_by_role("button", name="Open the original").click()
    expect(page.locator(".original .failure")).to_contain_text("There is no such document.")
    assert len(page.context.pages) == 1


def test_without_a_kept_original_there_is_no_button(page: Page, stage: Stage) -> None:
    stage.add("park", "The park", TEXT)
    flows.ask(page, "Introduction?")
    expect(page.locator("details")).to_have_count(1)
    expect(page.get_by_role("button", name="Open the original")).to_have_count(0)
