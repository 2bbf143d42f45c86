"""The prompt: owners change, preview and publish it, and restore an earlier version."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import flows
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.flows import Watch
from tests.browser.stage import KEY, Stage, answer, event

FILE = {
    "number": 0,
    "system": "You answer from the passages.",
    "instructions": "Be concise.",
    "restores": None,
    "note": "",
    "at": None,
    "by": None,
}
SHORT = "Use three words."
SET = [{"question": "Are dogs welcome?", "relevant": {"park": 2}}, {"question": "Is it lit?", "relevant": {"lamp": 1}}]


def opened(window: OpenPage, stage: Stage) -> Page:
    stage.prompts = [FILE]
    page = window(size=PHONE)
    flows.enter_key(page, stage.url, KEY)
    page.get_by_role("link", name="Prompt").click()
    expect(page.get_by_label("How it answers")).to_have_value("Be concise.")
    return page


def borne_out(request: dict[str, Any]) -> list[str]:
    """The passages support both sentences of the draft's answers.

    Of the current prompt's answers, they support only one sentence of the first.
    """
    held = 2 if request["draft"] != {"number": 0} else int(request["question"] == SET[0]["question"])
    used = [{"start": 0, "end": 17, "score": 0.9}] if held else []
    source = {"id": "park", "document": "park", "title": "Park", "text": "Dogs are welcome.", "score": 0.9}
    counts = {"sentences": 2, "borne_out": held, "citations": 0, "right": 0, "cited": 0}
    whole: Any = answer("Yes.", [{**source, "used": used}], grounded=bool(held), conversation_id=None)
    return [event("answer", **whole, counts=counts)]


def test_before_the_versions_have_come_there_is_nothing_to_publish_or_compare(window: OpenPage, stage: Stage) -> None:
    stage.prompts = [FILE]
    page, late = window(), list[Route]()
    flows.enter_key(page, stage.url, KEY)
    page.route("**/prompts", lambda route: late.append(route))
    page.get_by_role("link", name="Prompt").click()
    expect(page.locator("#prompts > .below")).to_have_text("Loading")
    expect(page.get_by_role("button", name="Publish")).to_be_hidden()
    with page.expect_response("**/prompts"):
        late.pop().fulfill(status=503, json={"message": "The table is busy.", "cause": "unavailable"})
    expect(page.locator("#prompts .failure")).to_contain_text("The table is busy.")
    expect(page.get_by_role("button", name="Publish")).to_be_hidden()
    page.unroute("**/prompts")
    page.get_by_role("link", name="Ask", exact=True).click()
    page.get_by_role("link", name="Prompt").click()
    expect(page.get_by_label("How it answers")).to_have_value("Be concise.")
    expect(page.locator("#prompts .failure")).to_have_count(0)
    expect(page.get_by_role("button", name="Publish")).to_be_visible()


def test_an_owner_publishes_a_draft_and_goes_back(window: OpenPage, stage: Stage) -> None:
    page = opened(window, stage)
    watch = Watch.over(page)
    page.get_by_label("How it answers").fill(SHORT)
    page.get_by_label("Why, for other owners").fill("Shorter")
    page.reload()
    page.get_by_role("link", name="Prompt").click()
    expect(page.get_by_label("How it answers")).to_have_value(SHORT)
    page.get_by_label("Why, for other owners").fill("Shorter")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator("#prompts")).to_contain_text("Version 1 is published. Answers use it within 30 seconds.")
    rows = page.locator("#prompts .row")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("Version 1: Shorter")
    expect(rows.first).to_contain_text("current · Jan 2, 2026 · olga@example.com")
    assert stage.prompts[0]["instructions"] == SHORT
    assert flows.barriers(page) == []
    assert flows.spills(page) == []

    page.get_by_role("button", name="Take into the draft: version 0").click()
    expect(page.get_by_label("How it answers")).to_have_value("Be concise.")
    page.get_by_role("button", name="Publish").click()
    expect(rows).to_have_count(3)
    assert (stage.prompts[0]["number"], stage.prompts[0]["restores"]) == (2, 0)
    expect(rows.first).to_contain_text("the prompt of the environment’s file")
    assert watch.complaints == []


def test_the_draft_is_compared_by_an_evaluation_set(window: OpenPage, stage: Stage) -> None:
    page = opened(window, stage)
    page.get_by_label("How it answers").fill(SHORT)
    compare = page.get_by_role("button", name="Compare with the current version")
    compare.click()
    expect(page.get_by_role("alert")).to_have_text("Write at least one question.")
    lines = "\n".join(json.dumps(each) for each in SET).encode()
    page.get_by_label("Choose a file").set_input_files(
        {"name": "set.ndjson", "mimeType": "application/x-ndjson", "buffer": lines}
    )
    expect(page.get_by_label("Questions, one per line")).to_have_value(lines.decode())
    stage.answers = borne_out
    compare.press("Enter")
    table = page.get_by_role("table")
    expect(table).to_contain_text("Sentences that passages support")
    expect(compare).to_be_focused()
    drafts = [request["draft"] for request in stage.requested]
    assert sorted(map(str, drafts)) == sorted(map(str, [{"number": 0}, {**_texts(), "instructions": SHORT}] * 2))
    assert [request["question"] for request in stage.requested] == [each["question"] for each in SET for _ in range(2)]
    rows = [row.locator("th, td").all_inner_texts() for row in table.locator("tbody tr").all()]
    assert rows == [
        ["Sentences that passages support", "25%", "100%"],
        ["Correct citations", "–", "–"],
        ["Sentences with a correct citation", "0%", "0%"],
        ["Answers that documents support", "50%", "100%"],
        ["Answers from a relevant document", "50%", "50%"],
    ]
    page.locator(".previewed summary").first.click()
    expect(page.locator(".previewed details").first).to_contain_text("Yes.")
    assert flows.barriers(page) == []
    assert flows.spills(page) == []


def _texts() -> dict[str, str]:
    return {"system": FILE["system"], "instructions": FILE["instructions"]}  # type: ignore[dict-item]


@pytest.mark.parametrize(("role", "kept"), [("reader", True), ("editor", True), ("owner", False)])
def test_who_may_not_change_it_sees_no_link(window: OpenPage, stage: Stage, role: str, kept: bool) -> None:
    stage.role, stage.prompts = role, [FILE] if kept else []
    page = window()
    flows.enter_key(page, stage.url, KEY)
    flows.ask(page, "Are dogs welcome?")
    expect(page.get_by_role("link", name="Prompt")).to_be_hidden()
