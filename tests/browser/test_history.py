"""The list of conversations, which belongs to the person and not to the tab."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import flows
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.flows import Watch
from tests.browser.pool import PASSWORD, USER
from tests.browser.stage import Stage, answer, event

HIGH = "The lighthouse is 41 metres high."


def turn(number: int, question: str, text: str, **changes: Any) -> dict[str, Any]:
    used = [{"start": 0, "end": len(HIGH), "score": 0.9}]
    source = {"id": "tower", "document": "tower", "title": "The tower", "text": HIGH, "score": 0.8, "used": used}
    whole = {"number": number, "question": question, "answer": text, "grounded": True, "sources": [source]}
    return {**whole, "numbers": [1], "missing": 0, "model": "deepseek-flash", **changes}


def opened(page: Page, stage: Stage) -> Page:
    stage.converse(
        f"{'a' * 32}-3",
        "How high is it?",
        turn(1, "How high is it?", HIGH),
        turn(2, "And how old?", "It is old.", grounded=True, sources=[], numbers=[], missing=2),
        turn(3, "And red?", "It is red.", grounded=None, sources=[], numbers=[], missing=None, model=None),
    )
    for number in range(31):
        stage.converse(f"{number:032x}-1", f"Question {number}", turn(1, f"Question {number}", HIGH))
    flows.sign_in(page, stage.url, USER, PASSWORD)
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", name="Your conversations", level=2)).to_be_focused()
    return page


def test_conversations_are_found_opened_continued_renamed_and_removed(window: OpenPage, cognito_stage: Stage) -> None:
    stage = cognito_stage
    page = window(size=PHONE)
    watch = Watch.over(page)
    opened(page, stage)
    rows = page.locator("#history .row")
    expect(rows).to_have_count(30)
    page.get_by_role("button", name="Show more").press("Enter")
    expect(rows).to_have_count(32)
    expect(rows.nth(30)).to_be_focused()
    assert flows.barriers(page) == []
    assert flows.spills(page) == []
    page.get_by_label("Find conversations").fill("HOW high")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("3 questions · ")

    page.get_by_role("button", name="How high is it?", exact=True).click()
    expect(page.get_by_role("article")).to_have_count(3)
    first, second = (flows.finished(page.get_by_role("article").nth(place)) for place in range(2))
    assert (first.text, first.sources[0].marked) == (HIGH, [HIGH])
    assert second.text == "It is old."
    expect(page.locator(".answer").nth(2)).to_have_text("It is red.")
    expect(page.get_by_role("article").nth(1).locator(".hint")).to_have_text(
        "You can no longer see the sources of this answer."
    )
    expect(page.get_by_role("article").nth(2).locator(".hint")).to_have_text(
        "The sources of this answer were not kept."
    )
    assert flows.barriers(page) == []
    stage.asks.append([event("answer", **answer("Yes.", [], grounded=True, conversation_id=f"{'a' * 32}-4"))])
    assert flows.ask(page, "Is it lit?").text == "Yes."
    assert stage.requested == [{"question": "Is it lit?", "conversation_id": f"{'a' * 32}-3"}]
    page.reload()
    expect(page.get_by_role("article")).to_have_count(4)

    page.get_by_role("link", name="History").click()
    page.get_by_role("button", name="Rename How high is it?").click()
    assert flows.barriers(page) == []
    page.get_by_label("Title").fill("The tower")
    page.get_by_role("button", name="Rename", exact=True).click()
    expect(page.get_by_role("button", name="The tower", exact=True)).to_be_focused()
    page.get_by_role("button", name="Remove The tower").click()
    expect(page.locator("#remove-text")).to_contain_text("“The tower” will be deleted")
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("button", name="The tower", exact=True)).to_have_count(0)
    assert f"{'a' * 32}-3" not in stage.conversations
    page.get_by_role("link", name="Ask", exact=True).click()
    expect(page.get_by_role("article")).to_have_count(0)
    assert watch.complaints == []


def test_a_conversation_that_is_gone_says_so(window: OpenPage, cognito_stage: Stage) -> None:
    page = opened(window(), cognito_stage)
    row = page.get_by_role("button", name=re.compile("^Question 3$"))
    expect(row).to_be_visible()
    cognito_stage.conversations.clear()
    row.click()
    expect(page.locator(".failure")).to_contain_text("You have no such conversation.")


def test_the_conversation_that_was_opened_last_is_shown_however_late_the_other_comes(
    window: OpenPage, cognito_stage: Stage
) -> None:
    page = opened(window(), cognito_stage)
    late: list[Route] = []
    page.route(f"**/conversations/{'a' * 32}-3", lambda route: late.append(route))
    page.get_by_role("button", name="How high is it?", exact=True).click()
    expect(page.locator("#exchanges")).to_have_text("Loading")
    page.get_by_label("Your question").fill("And red?")
    page.get_by_label("Your question").press("Enter")
    expect(page.get_by_label("Your question")).to_have_value("And red?")  # it waits for what it follows
    page.get_by_role("link", name="History").click()
    page.get_by_role("button", name=re.compile("^Question 3$")).click()
    expect(page.get_by_role("article")).to_have_count(1)
    with page.expect_response(f"**/conversations/{'a' * 32}-3") as response:
        late.pop().continue_()
    response.value.finished()
    expect(page.get_by_role("article").locator("h2")).to_have_text("Question 3")
    page.reload()
    expect(page.get_by_role("article").locator("h2")).to_have_text("Question 3")


def test_a_number_in_an_old_answer_never_leads_to_another_source(window: OpenPage, cognito_stage: Stage) -> None:
    said = "It was built in 1900 [1], and is 41 metres high [2]."
    cognito_stage.converse(f"{'b' * 32}-1", "And now?", turn(1, "And now?", said, numbers=[2], missing=1))
    page = opened(window(), cognito_stage)
    page.get_by_role("button", name="And now?", exact=True).click()
    exchange = page.get_by_role("article")
    expect(exchange.locator(".answer")).to_have_text("It was built in 1900 [1], and is 41 metres high 2.")
    expect(exchange.locator("summary .number")).to_have_text("2")
    exchange.get_by_role("button", name="Source 2: The tower").click()
    expect(exchange.locator("summary")).to_be_focused()
    page.reload()
    expect(exchange.locator("summary .number")).to_have_text("2")


def test_a_list_that_is_loaded_twice_has_each_row_once(window: OpenPage, cognito_stage: Stage) -> None:
    page = opened(window(), cognito_stage)
    rows = page.locator("#history .row")
    expect(rows).to_have_count(30)
    late: list[Route] = []
    page.route("**/conversations?*", lambda route: route.continue_() if late else late.append(route))
    for view in ("Ask", "History", "Ask", "History"):
        page.get_by_role("link", name=view, exact=True).click()
    expect(rows).to_have_count(30)
    with page.expect_response("**/conversations?*") as response:
        late[0].continue_()
    response.value.finished()
    expect(page.get_by_role("button", name="Show more")).to_be_visible()
    expect(rows).to_have_count(30)


def test_a_busy_moment_does_not_hide_the_list_for_the_whole_visit(window: OpenPage, cognito_stage: Stage) -> None:
    page = window()
    busy = {"message": "Too many questions are being answered right now.", "cause": "throttled", "request_id": "r-1"}
    refused: list[Route] = []

    def answered(route: Route) -> None:
        if refused:
            route.continue_()
            return
        refused.append(route)
        route.fulfill(status=503, headers={"Retry-After": "1"}, json=busy)

    page.route("**/me", answered)
    flows.sign_in(page, cognito_stage.url, USER, PASSWORD)
    expect(page.get_by_role("link", name="History")).to_be_visible()
    assert len(refused) == 1


def test_holders_of_a_key_have_no_list(page: Page) -> None:
    expect(page.get_by_role("link", name="Documents", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="History")).to_be_hidden()


@pytest.mark.parametrize("missing", [None, 2])
def test_an_old_answer_without_its_sources_keeps_its_text_in_every_language(
    window: OpenPage, cognito_stage: Stage, missing: int | None
) -> None:
    page = window(locale="de")
    old = turn(1, "And red?", "It is red.", grounded=None, sources=[], numbers=[], missing=missing, model=None)
    cognito_stage.converse(f"{'c' * 32}-1", "And red?", old)
    page.goto(cognito_stage.url)
    page.get_by_role("button", name="Anmelden").first.click()
    page.locator("input[name=username]").fill(USER)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("[type=submit]").click()
    page.locator("#to-conversations").click()
    page.get_by_role("button", name="And red?", exact=True).click()
    expect(page.locator(".answer")).to_have_text("It is red.")


def test_a_reload_no_longer_shows_a_passage_that_is_gone(window: OpenPage, cognito_stage: Stage) -> None:
    page = window()
    watch = Watch.over(page)
    cognito_stage.feedback = {"keep": "ratings", "days": 1}
    name = f"{'d' * 32}-1"
    cognito_stage.converse(name, "How high is it?", turn(1, "How high is it?", f"{HIGH[:-1]} [1]."))
    flows.sign_in(page, cognito_stage.url, USER, PASSWORD)
    page.get_by_role("link", name="History").click()
    page.get_by_role("button", name="How high is it?", exact=True).click()
    exchange = page.get_by_role("article")
    expect(exchange.locator(".source-title")).to_have_text("The tower")
    page.reload()
    expect(exchange.locator(".source-title")).to_have_text("The tower")
    gone = turn(1, "How high is it?", f"{HIGH[:-1]} [1].", sources=[], numbers=[], missing=1)
    cognito_stage.converse(name, "How high is it?", gone)
    page.reload()
    expect(exchange.locator(".hint").first).to_have_text("You can no longer see the sources of this answer.")
    expect(exchange.locator(".source-title")).to_have_count(0)
    expect(exchange.locator(".answer")).to_have_text(f"{HIGH[:-1]} [1].")
    expect(exchange.get_by_role("button", name="Good answer")).to_have_count(1)
    expect(exchange.locator(".made")).to_have_count(1)
    kept = page.evaluate("() => Object.values(sessionStorage).join()")
    assert HIGH not in kept
    assert watch.complaints == []
