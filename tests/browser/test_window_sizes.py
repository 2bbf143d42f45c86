"""Windows of every size: the bar and what is below the question are whole, in the languages with the longest words."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import flows
from tests.browser.conftest import OpenPage
from tests.browser.pool import PASSWORD, USER
from tests.browser.stage import Stage, answer, event
from tests.browser.test_page import source

WIDTHS = (320, 360, 390, 480, 600, 768, 900, 1024, 1152, 1280)
HEIGHTS = (600, 700, 860, 1000)
UNTIL = "2026-12-01T00:00:00Z"
USED = {
    "questions": {"used": 12, "most": 100, "until": UNTIL},
    "tokens": {"used": 999, "most": 2_000_000, "until": UNTIL},
}
# Parts that are not whole in the window or in what clips them, words that are broken, and groups that overlap.
CUT = """() => {
  const box = (node) => node.getBoundingClientRect();
  const seen = (nodes) => [...nodes].filter((node) => node.checkVisibility() && box(node).width > 1);
  const within = (inner, outer) =>
    inner.left >= outer.left - 1 &&
    inner.right <= outer.right + 1 &&
    inner.top >= outer.top - 1 &&
    inner.bottom <= outer.bottom + 1;
  const view = { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
  const brand = document.querySelector(".brand");
  const named = [...brand.children].filter((node) => box(node).top < box(brand).bottom - 1);
  const cut = [];
  const parts = ".bar a, .bar button, .language, #composer .field, .below-question .hint, #model";
  for (const node of seen(document.querySelectorAll(parts))) {
    if (!within(box(node), view)) cut.push(`${node.id || node.className} is outside`);
  }
  for (const node of seen(named)) {
    if (!within(box(node), box(brand)) || node.scrollWidth > node.clientWidth) cut.push(`${node.tagName} is cut`);
  }
  for (const link of seen(document.querySelectorAll(".bar nav a"))) {
    const words = document.createRange();
    words.selectNodeContents(link);
    if (words.getClientRects().length > 1) cut.push(`${link.id} is broken`);
    if (!within(box(link), box(link.parentElement))) cut.push(`${link.id} is outside its row`);
  }
  const groups = [".brand", ".bar nav", ".tools"].map((place) => document.querySelector(place));
  const pairs = [[0, 1], [1, 2], [0, 2]];
  for (const [a, b] of pairs.map((pair) => pair.map((place) => box(groups[place])))) {
    const beside = a.left >= b.right - 1 || b.left >= a.right - 1;
    const below = a.top >= b.bottom - 1 || b.top >= a.bottom - 1;
    if (!beside && !below) cut.push("two groups overlap");
  }
  return cut;
}"""


def whole(page: Page, state: str) -> None:
    for width in WIDTHS:
        for height in HEIGHTS:
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate(CUT) == [], f"{state}, {width} x {height}"
        assert flows.spills(page) == [], f"{state}, {width}"


@pytest.mark.parametrize("factor", [False, True], ids=["password", "factor"])
@pytest.mark.parametrize("tag", ["ar", "de", "en", "es", "fr"])
def test_nothing_is_cut_in_a_window_of_any_size(
    window: OpenPage, cognito_stage: Stage, tag: str, *, factor: bool
) -> None:
    stage = cognito_stage
    stage.feedback, stage.sharing, stage.quota = {"keep": "texts", "days": 90}, 30, USED
    stage.models, stage.second_factor = ["deepseek-flash", "thorough"], factor
    stage.prompts = [{"number": 0, "system": "You answer.", "instructions": "Be short.", "note": None}]
    page = window(locale=tag)
    page.goto(stage.url)
    page.locator("#sign-in").click()
    flows.give_password(page, USER, PASSWORD)
    for place in ("#to-prompt", "#quota", "#choice"):
        expect(page.locator(place)).to_be_visible()
    stage.asks.append([event("answer", **answer("It has **3 ponds** [1].", [source(1), source(2)]))])
    flows.ask_in_any_language(page, "Which ponds has it?")
    whole(page, "answered")
