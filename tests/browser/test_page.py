"""What is true of the page in every state: accessible, fit for every screen, and closed to foreign content."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import flows
from tests.browser.conftest import DESK, PHONE, OpenPage
from tests.browser.flows import Watch
from tests.browser.pool import PASSWORD, USER, Pool
from tests.browser.stage import KEY, Gate, Stage, answer, event
from tests.browser.stage_documents import Plain

WEB = Path(__file__).parents[2] / "web"
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
PARK = f"The park is open until ten. It has 3 ponds and a café. {LONG} keeps it. Dogs are welcome."
EVIL = "<img src=x onerror='window.pwned=1'><script>window.pwned=1</script>"


def source(number: int, **changes: Any) -> dict[str, Any]:
    whole = {
        "id": f"park#{number}",
        "document": "park",
        "title": f"The park, part {number}",
        "text": PARK,
        "score": 0.7,
    }
    return {**whole, "used": [{"start": 0, "end": 27, "score": 0.9}, {"start": 28, "end": 54, "score": 0.5}], **changes}


def sound(page: Page, state: str) -> None:
    """Check that this state has no barrier and no sideways scrolling, in both themes."""
    faults = flows.barriers(page)
    page.get_by_role("button", name=re.compile("(Dark|Light) theme"), include_hidden=True).dispatch_event("click")
    faults += flows.barriers(page, "color-contrast")
    assert faults == [], state
    assert flows.spills(page) == [], state
    assert flows.turned(page) == [], state


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_every_state_is_without_barriers_and_fits(
    window: OpenPage, stage: Stage, tmp_path: Path, size: dict[str, int]
) -> None:
    page = window(size=size)
    watch = Watch.over(page)
    page.goto(stage.url)
    expect(page.get_by_role("button", name="Enter the key")).to_be_visible()
    sound(page, "signed out")
    page.get_by_role("button", name="Enter the key").click()
    page.get_by_label("Key", exact=True).fill("wrong")
    page.get_by_role("button", name="Use this key").click()
    expect(page.locator("#key-wrong")).not_to_be_empty()
    sound(page, "wrong key")
    stage.add("park", LONG, PARK)
    flows.enter_key(page, stage.url, KEY)
    expect(page.locator(".start")).to_be_visible()
    sound(page, "empty")

    gate = Gate()
    sources = event("sources", sources=[source(1, used=[]), source(2, used=[])])
    text = f"It has **3 ponds**.\n\n- {LONG}\n- `{LONG}`\n\n```\n{LONG * 3}\n```"
    whole = event("answer", **answer(text, [source(1), source(2), source(3, used=[], title=LONG)]))
    stage.asks.append([event("stage", stage="answering"), sources, event("text", text=text[:30]), gate, whole])
    exchange = flows.send(page, f"What is in the park of {LONG}?")
    expect(exchange.locator(".answer")).to_contain_text("3 ponds")
    sound(page, "answering")
    gate.open()
    flows.finished(exchange)
    sound(page, "answered")
    stage.asks += [Plain(429, "Too Many Requests", {"Retry-After": "60"}), Plain(403, "Forbidden")]
    flows.ask(page, "Now?")
    flows.ask(page, "And now?")
    flows.ask(page, "Zzzz?")
    sound(page, "busy, refused, absent")

    ndjson = tmp_path / "some.ndjson"
    ndjson.write_text('{"id": "a#b", "text": "x"}\n{"id": "ok", "text": "y"}')
    (tmp_path / f"{LONG}.txt").write_text("Text.")
    flows.upload(page, [ndjson, tmp_path / f"{LONG}.txt"])
    sound(page, "documents")
    page.get_by_role("button", name="Remove ok").click()
    sound(page, "removing")
    assert watch.complaints == []
    assert watch.strangers(stage.url) == []


def test_with_the_keyboard_alone(window: OpenPage, cognito_stage: Stage, pool: Pool) -> None:
    stage, page = cognito_stage, window()
    stage.add("park", "The park", PARK)
    press: Callable[[str], None] = page.keyboard.press
    page.goto(stage.url)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()

    press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    press("Enter")
    press("Tab")
    expect(page.get_by_role("button", name="Sign in")).to_be_focused()
    press("Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    for word in (USER, PASSWORD):
        press("Tab")
        page.keyboard.type(word)
    press("Enter")

    expect(page.get_by_label("Your question")).to_be_focused()
    page.keyboard.type("Which ponds")
    press("Shift+Enter")
    page.keyboard.type("has it?")
    press("Enter")
    exchange = page.get_by_role("article")
    flows.finished(exchange)
    assert stage.requested == [{"question": "Which ponds\nhas it?"}]
    expect(page.get_by_label("Your question")).to_be_focused()
    press("Shift+Tab")
    expect(exchange.locator("summary")).to_be_focused()
    outline = exchange.locator("summary").evaluate("(node) => getComputedStyle(node).outlineStyle")
    assert outline == "solid"
    press("Enter")
    expect(exchange.locator("details[open]")).to_have_count(0)
    while page.evaluate("() => document.activeElement.className") != "jump":
        press("Shift+Tab")
    press("Enter")
    expect(exchange.locator("summary")).to_be_focused()
    expect(exchange.locator("details[open]")).to_have_count(1)

    gate = Gate()
    stage.asks.append([event("text", text="Half"), gate])
    press("Tab")
    page.keyboard.type("And then?")
    press("Enter")
    expect(page.get_by_text("Half")).to_be_visible()
    press("Escape")
    expect(page.locator(".stopped")).to_be_visible()
    gate.open()

    page.get_by_role("link", name="Documents", exact=True).focus()
    press("Enter")
    expect(page.get_by_role("heading", name="Documents", level=2)).to_be_focused()
    expect(page.get_by_role("button", name="Remove The park")).to_be_visible()  # after the list has arrived
    press("Tab")
    expect(page.locator("#files")).to_be_focused()
    press("Tab")
    expect(page.get_by_label("Only for the groups")).to_be_focused()
    press("Tab")
    expect(page.get_by_label("Find documents")).to_be_focused()
    press("Tab")
    expect(page.get_by_label("Order")).to_be_focused()
    press("Tab")
    expect(page.get_by_role("button", name="Remove The park")).to_be_focused()
    press("Enter")
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    press("Escape")
    expect(page.get_by_role("button", name="Remove The park")).to_be_focused()


def test_texts_of_others_are_never_run(page: Page, stage: Stage, tmp_path: Path) -> None:
    evil = source(1, text=EVIL * 3, title=EVIL, used=[{"start": 0, "end": len(EVIL), "score": 1}])
    stage.asks += [
        [event("text", text=EVIL), event("answer", **answer(EVIL, [evil], model=EVIL))],
        [event("failed", status=500, message=f"{EVIL}.")],
    ]
    assert flows.ask(page, EVIL).text == EVIL
    assert flows.ask(page, "Again?").failure == f"{EVIL}."
    path = tmp_path / "evil.txt"
    path.write_text(EVIL)
    stage.add(EVIL, EVIL, EVIL)
    flows.upload(page, [path])
    assert EVIL in flows.listed(page)
    flows.open_conversation(page)
    page.reload()
    flows.finished(page.get_by_role("article").last)
    assert page.locator("main img, main script").count() == 0
    assert page.evaluate("() => window.pwned") is None


def test_the_policy_holds(page: Page, stage: Stage) -> None:
    """Only scripts and styles of the page and of the library for formulas are allowed, by their hashes."""
    response = page.goto(stage.url)
    assert response is not None
    policy = response.headers["content-security-policy"]
    assert re.match(r"default-src 'none'; script-src( 'sha256-[\w+/]+='){3}; style-src 'sha256-[\w+/]+='; ", policy)
    html = (WEB / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"\s(style|on\w+)=|<style|javascript:|https?://", html)
    scripts = "".join(path.read_text(encoding="utf-8") for path in WEB.glob("*.js"))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", scripts)


def test_opening_the_page_is_one_request(window: OpenPage, stage: Stage) -> None:
    """The page needs no other file."""
    page = window()
    watch = Watch.over(page)
    page.goto(stage.url)
    expect(page.get_by_role("button", name="Enter the key")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Enter the key")).to_be_visible()
    urls = [url for url in watch.requests if not url.startswith("data:")]
    assert urls == [stage.url] * 2
    assert watch.complaints == []


def test_light_and_dark(window: OpenPage, stage: Stage) -> None:
    page = window(color_scheme="dark")

    def paper() -> list[int]:
        colour: str = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        return [int(part) for part in re.findall(r"\d+", colour)]

    page.goto(stage.url)
    assert max(paper()) < 50
    page.get_by_role("button", name="Light theme").click()
    assert min(paper()) > 200
    page.reload()
    assert min(paper()) > 200
    page.get_by_role("button", name="Dark theme").click()
    assert max(paper()) < 50


def test_on_paper_the_sources_are_open_and_the_tools_gone(page: Page, stage: Stage) -> None:
    stage.asks.append([event("answer", **answer("It has 3 ponds.", [source(1), source(2, used=[])]))])
    exchange = flows.send(page, "Which ponds?")
    flows.finished(exchange)
    assert not exchange.locator("details").last.locator(".passage").is_visible()
    page.emulate_media(media="print")
    expect(exchange.locator("details").last.locator(".passage")).to_be_visible()
    expect(page.locator("#composer")).to_be_hidden()
    assert page.locator("header button:visible").count() == 0
