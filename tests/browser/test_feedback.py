"""Feedback about answers: what readers send, and what owners see."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import flows
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.flows import Watch
from tests.browser.pool import PASSWORD, USER
from tests.browser.stage import KEY, Stage, answer, event
from tests.browser.test_history import turn
from tests.waiting import until

TOKEN = "a" * 32


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


def pressed(page: Page, name: str) -> list[str | None]:
    buttons = page.get_by_role("button", name=name)
    return [buttons.nth(place).get_attribute("aria-pressed") for place in range(buttons.count())]


def test_a_reload_shows_the_rating_that_the_server_has(page: Page, stage: Stage) -> None:
    stage.feedback = {"keep": "ratings", "days": 1}
    stage.converse(f"{TOKEN}-1", "Are dogs welcome?", turn(1, "Are dogs welcome?", "Yes."))
    page.reload()
    ask(page, stage, "Are dogs welcome?", f"{TOKEN}-1")
    good = page.get_by_role("button", name="Good answer")
    good.click()
    expect(good).to_have_attribute("aria-pressed", "true")
    page.reload()
    expect(good).to_have_attribute("aria-pressed", "true")
    good.click()
    expect(page.locator(".verdict-more")).to_have_text("Your rating is withdrawn.")
    assert stage.judged == {}
    stage.judged[f"{TOKEN}-1"] = {"rating": "down"}  # in another window
    page.reload()
    expect(page.get_by_role("button", name="Not good")).to_have_attribute("aria-pressed", "true")
    expect(good).to_have_attribute("aria-pressed", "false")


def test_a_rating_from_before_never_replaces_the_one_that_is_given_now(page: Page, stage: Stage) -> None:
    stage.feedback = {"keep": "ratings", "days": 1}
    page.reload()
    ask(page, stage, "Are dogs welcome?", f"{TOKEN}-1")
    late: list[Route] = []
    page.route(f"**/conversations/{TOKEN}-1", lambda route: late.append(route))
    page.reload()
    good = page.get_by_role("button", name="Good answer")
    good.click()
    expect(good).to_have_attribute("aria-pressed", "true")
    with page.expect_response(f"**/conversations/{TOKEN}-1") as response:
        late.pop().fulfill(json={"shown": [{"number": 1, "rating": "down"}]})
    response.value.finished()
    page.evaluate("() => new Promise((go) => requestAnimationFrame(go))")  # the page has read the answer
    expect(page.get_by_role("button", name="Not good")).to_have_attribute("aria-pressed", "false")
    expect(good).to_have_attribute("aria-pressed", "true")


def test_a_conversation_of_the_history_shows_the_readers_ratings(window: OpenPage, cognito_stage: Stage) -> None:
    stage, page = cognito_stage, window()
    stage.feedback = {"keep": "ratings", "days": 1}
    stage.judged = {f"{TOKEN}-1": {"rating": "down"}, f"{TOKEN}-3": {"rating": "up"}}
    stage.converse(f"{TOKEN}-3", "Dogs", *(turn(number, f"Question {number}", "Yes.") for number in (1, 2, 3)))
    flows.sign_in(page, stage.url, USER, PASSWORD)
    page.get_by_role("link", name="History").click()
    page.get_by_role("button", name="Dogs", exact=True).click()
    expect(page.get_by_role("button", name="Not good")).to_have_count(3)
    assert pressed(page, "Good answer") == ["false", "false", "true"]
    assert pressed(page, "Not good") == ["true", "false", "false"]
    page.reload()
    expect(page.get_by_role("button", name="Good answer").last).to_have_attribute("aria-pressed", "true")
    assert pressed(page, "Not good") == ["true", "false", "false"]


def test_a_rating_shows_that_it_is_being_sent_and_is_sent_once(page: Page, stage: Stage) -> None:
    stage.feedback = {"keep": "ratings", "days": 1}
    page.reload()
    ask(page, stage, "Are dogs welcome?", "c-1")
    held: list[Route] = []
    page.route("**/feedback/c-1", lambda route: held.append(route))
    good, bad = (page.get_by_role("button", name=name) for name in ("Good answer", "Not good"))
    bad.click()
    page.get_by_role("article").get_by_role("button", name="Send").click()
    expect(page.locator(".verdict-more")).to_have_text("Sending")
    expect(bad).to_be_focused()
    good.click()
    expect(page.locator(".verdict-more")).to_have_text("Sending")
    page.get_by_label("Your question").focus()
    assert len(until("the rating", lambda: page.evaluate("() => 0") or held)) == 1
    held.pop().continue_()
    expect(page.locator(".verdict-more")).to_contain_text("Thank you.")
    expect(page.get_by_label("Your question")).to_be_focused()
    expect(bad).to_have_attribute("aria-pressed", "true")
    assert [entry["rating"] for entry in stage.judged.values()] == ["down"]
    good.click()
    until("the other rating", lambda: page.evaluate("() => 0") or held)
    held.pop().fulfill(status=500, body="")
    expect(page.locator(".verdict-more .failure")).to_be_visible()
    good.click()
    expect(page.locator(".verdict-more")).to_have_text("Sending")
    until("the rating after the failure", lambda: page.evaluate("() => 0") or held)
    held.pop().continue_()
    expect(good).to_have_attribute("aria-pressed", "true")
