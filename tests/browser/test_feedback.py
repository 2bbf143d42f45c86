"""Feedback about answers: what readers send, and what owners see."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import flows
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.flows import Watch
from tests.browser.stage import KEY, Stage, answer, event


def ask(page: Page, stage: Stage, question: str, id: str) -> None:
    stage.asks.append([event("answer", **answer("Yes.", [], grounded=True, conversation_id=id))])
    flows.ask(page, question)


@pytest.mark.parametrize(
    ("keep", "words"),
    [
        ("ratings", "Your rating is kept for 90 days, without your name. The owners of this page read it."),
        (
            "texts",
            "The question, the answer and your words are kept for 90 days, without your name. The owners of this page "
            "read them.",
        ),
    ],
)
def test_a_reader_judges_answers_and_an_owner_sees_it(window: OpenPage, stage: Stage, keep: str, words: str) -> None:
    stage.feedback = {"keep": keep, "days": 90}
    page = window(size=PHONE)
    watch = Watch.over(page)
    flows.enter_key(page, stage.url, KEY)
    ask(page, stage, "Are dogs welcome?", "c-1")
    good = page.get_by_role("button", name="Good answer")
    expect(good).to_have_attribute("aria-pressed", "false")
    good.click()
    expect(good).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".verdict-more")).to_have_text(f"Thank you. {words}")
    assert {id: entry["rating"] for id, entry in stage.judged.items()} == {"c-1": "up"}
    good.click()
    expect(page.locator(".verdict-more")).to_have_text("Your rating is withdrawn.")
    assert stage.judged == {}

    ask(page, stage, "Is it lit?", "c-2")
    exchange = page.get_by_role("article").last
    exchange.get_by_role("button", name="Not good").click()
    expect(exchange.get_by_label("What is not good?")).to_be_focused()
    expect(exchange.locator(".verdict .hint")).to_have_text(words)
    assert flows.barriers(page) == []
    assert flows.spills(page) == []
    exchange.get_by_label("What is not good?").select_option(
        label="The documents contain the answer, but it was not found"
    )
    own = exchange.get_by_label("Comment (optional)")
    expect(own).to_have_count(int(keep == "texts"))
    if keep == "texts":
        own.fill("It is in the leaflet.")
    exchange.get_by_role("button", name="Send").click()
    expect(exchange.get_by_role("button", name="Not good")).to_have_attribute("aria-pressed", "true")
    expect(exchange.get_by_role("button", name="Not good")).to_be_focused()
    sent = stage.judged["c-2"]
    assert (sent["rating"], sent["reason"]) == ("down", "missing")
    assert sent.get("comment") == ("It is in the leaflet." if keep == "texts" else None)

    ask(page, stage, "Is it old?", "c-3")
    page.get_by_role("article").last.get_by_role("button", name="Good answer").click()
    expect(page.get_by_role("article").last.locator(".verdict-more")).to_contain_text("Thank you.")
    page.get_by_role("link", name="Feedback").click()
    rows = page.locator("#judgements .row:visible")
    expect(rows).to_have_count(2)
    page.get_by_label("Only questions that the documents did not answer").check()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Is it lit?")
    expect(rows).to_contain_text("Not good · not found")
    assert flows.barriers(page) == []
    assert flows.spills(page) == []
    assert watch.complaints == []


@pytest.mark.parametrize("keeps", [False, True])
def test_without_feedback_there_are_no_buttons_and_only_owners_see_the_list(
    page: Page, stage: Stage, keeps: bool
) -> None:
    stage.role = "reader" if keeps else "owner"
    stage.feedback = {"keep": "ratings", "days": 1} if keeps else None
    page.reload()
    ask(page, stage, "Are dogs welcome?", "c-1")
    expect(page.get_by_role("button", name="Good answer")).to_have_count(int(keeps))
    expect(page.get_by_role("link", name="Feedback")).to_be_hidden()
