"""The choice among answer models."""

from playwright.sync_api import expect

from tests.browser import flows
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.flows import Watch
from tests.browser.stage import KEY, Stage


def test_a_reader_chooses_the_model_and_a_reload_keeps_it(window: OpenPage, stage: Stage) -> None:
    stage.models = ["deepseek-flash", "thorough"]
    stage.add("park", "Park rules", "Dogs are welcome in the park.")
    page = window(size=PHONE)
    watch = Watch.over(page)
    flows.enter_key(page, stage.url, KEY)
    flows.ask(page, "Are dogs welcome?")
    choice = page.get_by_label("Model", exact=True)
    expect(choice).to_have_value("deepseek-flash")
    choice.select_option("thorough")
    flows.ask(page, "Are dogs welcome in the park?")
    assert [request.get("model") for request in stage.requested] == [None, "thorough"]
    assert flows.barriers(page) == []
    assert flows.spills(page) == []
    page.reload()
    expect(choice).to_have_value("thorough")
    flows.ask(page, "Are dogs welcome now?")
    assert stage.requested[-1]["model"] == "thorough"
    flows.sign_out(page)
    flows.enter_key(page, stage.url, KEY)
    expect(choice).to_have_value("deepseek-flash")  # whoever comes next has not chosen
    assert watch.complaints == []


def test_where_there_is_one_model_nobody_is_asked(window: OpenPage, stage: Stage) -> None:
    page = window()
    flows.enter_key(page, stage.url, KEY)
    flows.ask(page, "Are dogs welcome?")
    expect(page.get_by_label("Model", exact=True)).to_be_hidden()
    assert "model" not in stage.requested[-1]
