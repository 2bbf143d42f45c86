"""Errors are sentences that name the next step."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import flows
from tests.browser.conftest import OpenPage
from tests.browser.stage import KEY, Stage, answer, event
from tests.browser.stage_documents import Plain

HIT = {"id": "a", "document": "a", "title": "A", "text": "Yes.", "score": 0.9, "used": []}
GOOD = [event("answer", **answer("Yes.", [HIT]))]


@pytest.fixture
def clocked(window: OpenPage, stage: Stage) -> Page:
    """A window whose clock the test controls."""
    page = window()
    flows.stop_clock(page)
    flows.enter_key(page, stage.url, KEY)
    return page


def test_a_busy_server_is_asked_again_after_the_time_it_names(clocked: Page, stage: Stage) -> None:
    stage.asks.append(
        Plain(429, "The answer model is rate-limiting requests. Try again in 7 seconds.", {"Retry-After": "7"})
    )
    given = flows.ask(clocked, "Now?")
    assert given.failure == "The answer model is rate-limiting requests. Try again in 7 seconds."
    button = clocked.get_by_role("article").get_by_role("button")
    expect(button).to_have_text("Try again in 7 sec")
    expect(button).to_be_disabled()
    clocked.clock.run_for(3_000)
    expect(button).to_have_text("Try again in 4 sec")
    clocked.clock.run_for(4_500)
    expect(button).to_have_text("Try again")
    expect(clocked.get_by_role("status")).to_have_text("You can try again now.")
    stage.asks.append(GOOD)
    button.click()
    expect(clocked.locator(".answer")).to_have_text("Yes.")
    expect(clocked.locator(".failure")).to_have_count(0)
    assert [request["question"] for request in stage.requested] == ["Now?", "Now?"]


def test_a_quota_is_shown_and_said_when_it_is_used_up(window: OpenPage, stage: Stage) -> None:
    stage.quota = {"questions": {"used": 1, "most": 2, "until": "2026-12-01T00:00:00Z"}, "tokens": None}
    page = window()
    flows.enter_key(page, stage.url, KEY)
    expect(page.locator("#quota")).to_have_text("You have asked 1 of 2 questions today.")
    stage.quota["questions"]["used"] = 2
    said = "Your limit of 2 questions a day is reached. Ask again after midnight UTC, or ask for more."
    stage.asks.append(Plain(429, said, {"Retry-After": "13000"}, {"message": said, "cause": "quota-exceeded"}))
    assert flows.ask(page, "Now?").failure == said
    expect(page.get_by_role("article").get_by_role("button")).to_have_count(0)
    expect(page.locator("#quota")).to_have_text("You have asked 2 of 2 questions today.")


def test_the_gateways_words_become_a_sentence(clocked: Page, stage: Stage) -> None:
    stage.asks.append(Plain(429, "Too Many Requests"))
    assert flows.ask(clocked, "Now?").failure == "Too many questions are being asked right now."
    expect(clocked.get_by_role("article").get_by_role("button")).to_have_text("Try again in 5 sec")


def test_a_failure_within_the_stream_keeps_what_was_read(page: Page, stage: Stage) -> None:
    said = "The answer model did not answer. Try again in 600 seconds."
    failed = event("failed", status=503, message=said, retry_after=600, request_id="r-7")
    stage.asks.append([event("text", text="Half of "), failed])
    given = flows.ask(page, "What is it?")
    assert given.failure == f"{said} Request r-7"
    assert given.text == "Half of"
    assert page.get_by_role("article").get_by_role("button").inner_text().startswith("Try again in ")


@pytest.mark.parametrize("pieces", [[event("text", text="Half of ")], ["event: text\ndata: {not json\n\n"]])
def test_a_broken_stream_is_an_error(page: Page, stage: Stage, pieces: list[str]) -> None:
    stage.asks.append([*pieces])
    assert flows.ask(page, "What is it?").failure == "The connection ended before the answer was complete."
    stage.asks.append(GOOD)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".answer")).to_have_text("Yes.")


@pytest.mark.parametrize(
    ("plain", "sentence"),
    [
        (
            Plain(413, "Request Too Long"),
            "The request is too large. Shorten it and send it again.",
        ),
        (Plain(400, "The filters name no field."), "The filters name no field."),
    ],
)
def test_what_must_change_is_not_tried_again(page: Page, stage: Stage, plain: Plain, sentence: str) -> None:
    stage.asks.append(plain)
    assert flows.ask(page, "Too much?").failure == sentence
    expect(page.locator(".failure button")).to_have_count(0)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (504, "The answer took too long. Try again."),
        (502, "The server failed (status 502). If it keeps failing, contact your administrator."),
    ],
)
def test_a_server_that_fails_can_be_tried_at_once(page: Page, stage: Stage, status: int, sentence: str) -> None:
    stage.asks.append(Plain(status, "Endpoint request timed out"))
    assert flows.ask(page, "Now?").failure == sentence
    expect(page.locator(".failure button")).to_be_enabled()


def test_a_question_in_an_expired_conversation_begins_a_new_one(page: Page, stage: Stage) -> None:
    stage.asks += [GOOD, Plain(404, "There is no such conversation of yours: it may have expired."), GOOD]
    flows.ask(page, "First?")
    assert flows.ask(page, "And then?").failure == "There is no such conversation of yours: it may have expired."
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".answer").last).to_have_text("Yes.")
    assert stage.requested[1:] == [{"question": "And then?", "conversation_id": "c-1"}, {"question": "And then?"}]


def test_an_answer_in_one_piece_is_an_answer(page: Page, stage: Stage) -> None:
    stage.asks.append(Plain(200, "", body=answer("Yes.", [HIT])))
    assert flows.ask(page, "Is it?").text == "Yes."


def test_no_network(window: OpenPage, stage: Stage) -> None:
    page = window()
    flows.enter_key(page, stage.url, KEY)
    page.context.set_offline(True)
    assert flows.ask(page, "Now?").failure == "The server could not be reached. Check your connection, then try again."
    page.context.set_offline(False)
    stage.asks.append(GOOD)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".answer")).to_have_text("Yes.")


def test_a_key_that_was_withdrawn(page: Page, stage: Stage) -> None:
    stage.asks.append(Plain(403, "Forbidden"))
    assert flows.ask(page, "Now?").failure == "Your sign-in does not give access here."
    stage.asks.append(GOOD)
    page.get_by_role("button", name="Enter the key again").click()
    page.get_by_label("Key", exact=True).fill("wrong")
    page.keyboard.press("Enter")
    expect(page.locator("#key-wrong")).to_contain_text("This key was not accepted.")
    page.get_by_label("Key", exact=True).fill(KEY)
    page.keyboard.press("Enter")
    expect(page.locator(".answer")).to_have_text("Yes.")
    expect(page.get_by_label("Your question")).to_have_value("")
