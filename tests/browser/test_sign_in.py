"""Signing in through the user pool's page, and with a key."""

import json
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from tests.browser import flows
from tests.browser.conftest import OpenPage
from tests.browser.flows import Watch
from tests.browser.pool import CLIENT, PASSWORD, USER, Pool
from tests.browser.stage import KEY, Stage
from tests.totp import code
from tests.waiting import until

TEXT = "The park has 3 ponds."


def tokens(page: Page) -> dict[str, str]:
    body: dict[str, str] = json.loads(page.evaluate("() => sessionStorage.getItem('/dev/:tokens')"))
    return body


def test_code_flow_from_the_page_and_back(window: OpenPage, cognito_stage: Stage, pool: Pool) -> None:
    stage, page = cognito_stage, window()
    stage.add("park", "The park", TEXT)
    watch = Watch.over(page)
    flows.sign_in(page, stage.url, USER, PASSWORD)
    assert page.url == stage.url  # neither code nor state stays in the address
    [query] = [parse_qs(urlsplit(url).query) for url in watch.requests if "/oauth2/authorize" in url]
    assert query["redirect_uri"] == [stage.url]
    assert query["client_id"] == [CLIENT]
    assert len(query["code_challenge"][0]) == 43
    assert flows.ask(page, "Which ponds has the park?").text == TEXT
    assert tokens(page)["id"] in pool.tokens
    assert page.get_by_role("button", name="Sign out").get_attribute("title") == f"Signed in as {USER}"
    assert page.evaluate("() => Object.keys(localStorage)") == []
    assert watch.strangers(stage.url, sign_in=pool.origin) == []
    assert watch.complaints == []

    refresh = tokens(page)["refresh"]
    flows.sign_out(page)
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert pool.signed_out == [{"client_id": CLIENT, "logout_uri": stage.url}]
    assert page.evaluate("() => Object.keys(sessionStorage)") == []
    until("the end of the sign-in", lambda: pool.revoked)
    assert pool.revoked == [{"client_id": CLIENT, "token": refresh}]
    assert refresh not in pool.refreshes


def test_a_person_sets_up_an_authenticator_app(window: OpenPage, cognito_stage: Stage, pool: Pool) -> None:
    stage, page = cognito_stage, window()
    stage.second_factor = True
    watch = Watch.over(page)
    flows.sign_in(page, stage.url, USER, PASSWORD)
    page.get_by_role("button", name="Authenticator app").click()
    dialog = page.get_by_role("dialog", name="Authenticator app")
    dialog.get_by_role("button", name="Set up").click()
    expect(dialog.locator("#factor-secret")).to_have_text("JBSW Y3DP EHPK 3PXP")
    assert "secret=JBSWY3DPEHPK3PXP" in str(dialog.get_by_role("link").get_attribute("href"))
    assert flows.barriers(page) == []
    field = dialog.get_by_label("Code that the app shows")
    field.fill("000000" if code(pool.secret) != "000000" else "000001")
    dialog.get_by_role("button", name="Check the code").click()
    expect(dialog.get_by_role("alert")).to_have_text(
        "The code is wrong or too old. Type the one that the app shows now."
    )
    assert not pool.has_app
    field.fill(code(pool.secret))
    dialog.get_by_role("button", name="Check the code").click()
    expect(dialog.locator("#factor-text")).to_have_text("You sign in with a code from your authenticator app.")
    assert pool.has_app
    dialog.get_by_role("button", name="Switch it off").click()
    expect(dialog.get_by_role("button", name="Set up")).to_be_visible()
    assert not pool.has_app
    # The browser itself reports the 400 of a refused code.
    assert [complaint for complaint in watch.complaints if "400" not in complaint] == []


def test_a_sign_in_that_this_tab_did_not_begin(window: OpenPage, cognito_stage: Stage, pool: Pool) -> None:
    page = window()
    page.goto(f"{cognito_stage.url}?code=stolen&state=guessed")
    expect(page.locator(".failure")).to_contain_text("The sign-in result does not belong to this tab. Sign in again.")
    page.get_by_role("button", name="Sign in again").click()
    flows.give_password(page, USER, PASSWORD)
    assert pool.codes == {}


def test_a_sign_in_that_was_refused(window: OpenPage, cognito_stage: Stage) -> None:
    page = window()
    page.goto(cognito_stage.url)
    page.evaluate("() => sessionStorage.setItem('/dev/:sign-in', JSON.stringify({state: 's', verifier: 'v'}))")
    page.goto(f"{cognito_stage.url}?error=access_denied&error_description=User+is+disabled&state=s")
    expect(page.locator(".failure")).to_contain_text("The sign-in was not completed: User is disabled.")
    page.evaluate("() => sessionStorage.setItem('/dev/:sign-in', JSON.stringify({state: 's', verifier: 'v'}))")
    page.goto(f"{cognito_stage.url}?code=used-up&state=s")
    expect(page.locator(".failure")).to_contain_text("This sign-in was already used or has expired. Sign in again.")
    expect(page.get_by_role("button", name="Sign in again")).to_be_visible()


def test_tokens_are_renewed_before_they_end(window: OpenPage, cognito_stage: Stage, pool: Pool) -> None:
    stage, page = cognito_stage, window()
    stage.add("park", "The park", TEXT)
    pool.seconds = 30  # shorter than the minute that the page keeps in reserve
    flows.sign_in(page, stage.url, USER, PASSWORD)
    first = tokens(page)
    pool.seconds = 3600
    assert flows.ask(page, "Which ponds has the park?").text == TEXT
    assert tokens(page)["id"] != first["id"]
    assert tokens(page)["refresh"] == first["refresh"]


def test_a_token_that_was_withdrawn_is_renewed_once(window: OpenPage, cognito_stage: Stage, pool: Pool) -> None:
    stage, page = cognito_stage, window()
    stage.add("park", "The park", TEXT)
    flows.sign_in(page, stage.url, USER, PASSWORD)
    pool.tokens.clear()
    assert flows.ask(page, "Which ponds has the park?").text == TEXT


def test_an_ended_sign_in_leads_back_to_the_question(window: OpenPage, cognito_stage: Stage, pool: Pool) -> None:
    stage, page = cognito_stage, window()
    stage.add("park", "The park", TEXT)
    flows.sign_in(page, stage.url, USER, PASSWORD)
    flows.ask(page, "Which ponds has the park?")
    pool.tokens.clear()
    pool.refreshes.clear()
    assert flows.ask(page, "And ducks?").failure == "You are not signed in, or your sign-in has ended."
    page.get_by_role("button", name="Sign in again").click()
    flows.give_password(page, USER, PASSWORD)
    expect(page.get_by_label("Your question")).to_have_value("And ducks?")
    assert flows.finished(page.get_by_role("article").last).text == TEXT


def test_a_key_is_checked_kept_in_the_tab_and_forgotten(window: OpenPage, stage: Stage) -> None:
    page = window()
    page.goto(stage.url)
    page.get_by_role("button", name="Enter the key").click()
    page.get_by_label("Key", exact=True).fill("wrong")
    page.get_by_role("button", name="Use this key").click()
    expect(page.locator("#key-wrong")).to_contain_text("This key was not accepted.")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Enter the key")).to_be_visible()
    flows.enter_key(page, stage.url, KEY)
    page.reload()
    expect(page.get_by_label("Your question")).to_be_visible()
    flows.sign_out(page)
    assert page.evaluate("() => Object.keys(sessionStorage)") == []


def test_the_next_person_in_a_tab_sees_nothing_of_the_one_before(
    window: OpenPage, cognito_stage: Stage, pool: Pool
) -> None:
    """The session has expired, and nobody has signed out."""
    stage, page = cognito_stage, window()
    stage.add("park", "The park", TEXT)
    flows.sign_in(page, stage.url, USER, PASSWORD)
    flows.ask(page, "Which ponds has the park?")
    pool.tokens.clear()
    pool.refreshes.clear()
    flows.ask(page, "A private question?")
    pool.sub = "somebody-else"
    page.get_by_role("button", name="Sign in again").click()
    flows.give_password(page, USER, PASSWORD)
    expect(page.get_by_label("Your question")).to_have_value("")
    expect(page.get_by_role("article")).to_have_count(0)
    flows.ask(page, "Which ponds has the park?")
    assert "conversation_id" not in stage.requested[-1]
    assert "private" not in json.dumps(page.evaluate("() => ({...sessionStorage})"))


def test_another_key_shows_nothing_of_the_previous_one(window: OpenPage, stage: Stage) -> None:
    stage.add("park", "The park", TEXT)
    page = window()
    flows.enter_key(page, stage.url, KEY)
    flows.ask(page, "Which ponds has the park?")
    page.evaluate("() => sessionStorage.setItem('/dev/:key', JSON.stringify('another'))")
    page.reload()
    expect(page.get_by_label("Your question")).to_be_visible()
    expect(page.get_by_role("article")).to_have_count(0)
