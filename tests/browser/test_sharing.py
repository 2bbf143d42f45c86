"""Links to conversations: created, listed and ended in the list of conversations, and read by somebody else."""

from playwright.sync_api import Page, Route, expect

from tests.browser import flows
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.flows import Watch
from tests.browser.pool import PASSWORD, USER
from tests.browser.stage import Stage
from tests.browser.test_history import HIGH, turn

LINK = "5f0c3a1d" * 4
TITLE = "How high is it?"


def listed(page: Page, stage: Stage) -> Page:
    stage.sharing = 30
    stage.converse(f"{'a' * 32}-1", TITLE, turn(1, TITLE, HIGH))
    flows.sign_in(page, stage.url, USER, PASSWORD)
    page.get_by_role("link", name="History").click()
    return page


def test_a_person_shares_a_conversation_and_ends_the_link(window: OpenPage, cognito_stage: Stage) -> None:
    stage = cognito_stage
    stage.role, stage.groups = "reader", ["hr", "it"]
    page = window(size=PHONE)
    watch = Watch.over(page)
    listed(page, stage)
    expect(page.locator("#links")).to_contain_text("No links")
    page.get_by_role("button", name=f"Share {TITLE}").click()
    dialog = page.get_by_role("dialog", name="Share this conversation")
    expect(dialog).to_contain_text(TITLE)
    assert flows.barriers(page) == []
    assert dialog.get_by_label("The link lasts").locator("option").all_inner_texts() == ["1 day", "7 days", "30 days"]
    dialog.get_by_label("For", exact=True).select_option("it")
    dialog.get_by_role("button", name="Share", exact=True).click()
    address = page.get_by_label(f"Address of the link to {TITLE}")
    expect(address).to_be_focused()
    assert stage.requested == [{"conversation_id": f"{'a' * 32}-1", "days": 7, "groups": ["it"]}]
    assert address.input_value() == f"{stage.url}#shared-{0:032x}"
    expect(page.locator("#links .row")).to_contain_text("1 question · for it · until ")
    expect(page.get_by_label("Everybody's links")).to_have_count(0)
    assert flows.barriers(page) == []
    assert flows.spills(page) == []
    page.get_by_role("button", name=f"End the link to {TITLE}").click()
    page.get_by_role("button", name="End it").click()
    expect(page.locator("#links")).to_contain_text("No links")
    assert stage.shared == {}
    assert watch.complaints == []


def test_a_link_that_is_made_while_the_list_is_loaded_is_listed_once(window: OpenPage, cognito_stage: Stage) -> None:
    page, late = window(), list[Route]()
    page.route("**/shares?*", lambda route: late.append(route))
    listed(page, cognito_stage)
    expect(page.locator("#links")).to_contain_text("Loading")
    page.get_by_role("button", name=f"Share {TITLE}").click()
    page.get_by_role("dialog").get_by_role("button", name="Share", exact=True).click()
    expect(page.locator("#links .row")).to_have_count(1)
    with page.expect_response("**/shares?*") as response:
        late.pop().continue_()
    response.value.finished()
    page.evaluate("() => new Promise((go) => requestAnimationFrame(go))")  # the page has read the list
    expect(page.locator("#links .row")).to_have_count(1)


def test_an_owner_sees_and_ends_the_links_of_everybody(window: OpenPage, cognito_stage: Stage) -> None:
    page = listed(window(), cognito_stage)
    cognito_stage.share(LINK)
    expect(page.locator("#links")).to_contain_text("No links")
    page.get_by_label("Everybody's links").press("Space")
    expect(page.get_by_label("Everybody's links")).to_be_focused()
    row = page.locator("#links .row")
    expect(row).to_contain_text("ada@example.com · 1 question · until ")
    assert flows.barriers(page) == []
    row.get_by_role("button", name=f"End the link to {TITLE}").click()
    page.get_by_role("button", name="End it").click()
    expect(row).to_have_count(0)
    assert cognito_stage.shared == {}


def test_a_link_opens_after_the_sign_in_to_read_and_not_to_continue(window: OpenPage, cognito_stage: Stage) -> None:
    stage = cognito_stage
    page = window(size=PHONE)
    watch = Watch.over(page)
    stage.converse(f"{'a' * 32}-1", TITLE, turn(1, TITLE, HIGH))
    stage.share(LINK, withheld=2)
    page.goto(f"{stage.url}#shared-{LINK}")
    page.get_by_role("button", name="Sign in").click()
    page.locator("input[name=username]").fill(USER)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("[type=submit]").click()
    expect(page.get_by_role("heading", name=TITLE, level=2).first).to_be_visible()
    assert page.url == f"{stage.url}#shared-{LINK}"
    exchange = flows.finished(page.get_by_role("article"))
    assert (exchange.text, exchange.sources[0].marked) == (HIGH, [HIGH])
    expect(page.locator("#shared-view")).to_contain_text("Shared by ada@example.com until ")
    expect(page.locator("#shared-view")).to_contain_text("2 further questions are not shown")
    expect(page.get_by_label("Your question")).to_be_hidden()
    assert page.get_by_role("button", name="Good answer").count() == 0
    assert flows.barriers(page) == []
    assert flows.spills(page) == []
    page.get_by_role("link", name="Ask", exact=True).click()
    expect(page.get_by_label("Your question")).to_be_focused()
    assert watch.complaints == []


def test_a_link_that_is_over_or_not_for_the_reader_says_so(window: OpenPage, cognito_stage: Stage) -> None:
    stage = cognito_stage
    page = listed(window(), stage)
    stage.share(LINK, shown=[])
    for id, words in ((LINK, "You may not see its sources."), ("0" * 32, "You cannot open this link.")):
        page.goto(f"{stage.url}#shared-{id}")
        expect(page.locator("#shared .failure")).to_contain_text(words)
    assert flows.barriers(page) == []


def test_where_nothing_is_shared_there_is_no_button(window: OpenPage, cognito_stage: Stage) -> None:
    page = window()
    listed(page, cognito_stage)
    cognito_stage.sharing = None
    page.reload()
    expect(page.get_by_role("button", name=f"Rename {TITLE}")).to_be_visible()
    assert page.get_by_role("button", name=f"Share {TITLE}").count() == 0
    expect(page.locator("#links")).to_be_empty()
