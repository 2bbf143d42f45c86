"""Asking a question, and watching the answer arrive."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import flows
from tests.browser.stage import KEY, Gate, Stage, answer, event
from tests.browser.stage_documents import Plain
from tests.waiting import PATIENCE

PARK = "🌳 The park is open until ten. It has 3 ponds 🦆 and a café. Dogs are welcome."


def source(text: str = PARK, *used: tuple[str, float], **changes: Any) -> dict[str, Any]:
    spans = [{"start": text.index(part), "end": text.index(part) + len(part), "score": score} for part, score in used]
    whole = {"id": "park#2", "document": "park", "title": "The park", "text": text, "score": 0.97, "used": spans}
    return {**whole, "similarity": 0.83, "match": "close", **changes}


def test_an_answer_is_seen_as_it_comes(page: Page, stage: Stage) -> None:
    searching, reading, writing = Gate(), Gate(), Gate()
    cited = source(PARK, ("It has 3 ponds 🦆 and a café.", 0.9))
    whole = event("answer", **answer("It has **3 ponds** and a café.", [cited]))
    stage.asks.append(
        [
            event("stage", stage="searching"),
            searching,
            event("sources", sources=[{**cited, "used": []}]) + event("stage", stage="answering"),
            reading,
            'event: text\r\ndata: {"te',
            'xt": "It has **3 po"}\r\n\r\n',
            writing,
            event("text", text="nds** and a café."),
            whole,
        ]
    )
    exchange = flows.send(page, "What is in the park?")
    status = page.get_by_role("status")

    expect(exchange.locator(".stage-words")).to_have_text("Searching")
    expect(status).to_have_text("Searching")
    searching.open()
    expect(exchange.locator(".stage-words")).to_have_text("Writing the answer")
    expect(exchange.locator(".source-title")).to_have_text("The park")
    expect(exchange.locator("mark")).to_have_count(0)
    reading.open()
    expect(exchange.locator(".answer")).to_have_text("It has **3 po")
    expect(exchange.locator(".answer")).to_have_attribute("aria-busy", "true")
    expect(status).to_have_text("Writing the answer")  # a screen reader does not read each piece
    writing.open()

    given = flows.finished(exchange)
    assert given.text == "It has 3 ponds and a café."
    assert exchange.locator(".answer strong").inner_text() == "3 ponds"
    assert [source.marked for source in given.sources] == [["It has 3 ponds 🦆 and a café."]]
    assert given.sources[0].facts == "Close match 0.83 · passage 2 · 1 sentence used"
    assert exchange.locator(".evidence").inner_text() == "strong 0.90"
    assert exchange.locator(".passage").text_content() == PARK.replace("café. ", "café. strong 0.90 ")
    expect(exchange.locator(".stage")).to_be_hidden()
    expect(status).to_contain_text("Answer: It has **3 ponds** and a café. 1 source.")
    assert "deepseek-flash · 1.3 sec in all · search 18 ms · model 1.2 sec" in exchange.locator(".made").inner_text()


def test_without_an_answer_sentences_near_to_the_question_are_marked(page: Page, stage: Stage) -> None:
    near = source(PARK, highlights=[{"start": PARK.index("It has"), "end": PARK.index(" Dogs")}])
    stage.asks.append([event("answer", **answer(None, [near, source("Nothing.", id="other", title="Other")]))])
    exchange = flows.send(page, "What is in the park?")
    given = flows.finished(exchange)
    assert [source.marked for source in given.sources] == [["It has 3 ponds 🦆 and a café."], []]
    assert exchange.locator(".legend").inner_text() == "Marked sentences are most similar to your question."
    assert exchange.locator("details[open]").count() == 1
    assert exchange.locator(".evidence").count() == 0


def test_what_an_answer_draws_on_is_marked_and_nothing_else(page: Page, stage: Stage) -> None:
    both = source(PARK, ("Dogs are welcome.", 0.9), highlights=[{"start": 0, "end": 10}])
    other = source("Nothing.", id="other", title="Other", highlights=[{"start": 0, "end": 8}])
    stage.asks.append([event("answer", **answer("Dogs are welcome.", [both, other]))])
    given = flows.finished(flows.send(page, "May dogs come?"))
    assert [source.marked for source in given.sources] == [["Dogs are welcome."], []]


def test_an_answer_that_no_sentence_supports_has_no_sources(page: Page, stage: Stage) -> None:
    far = source("Nothing.", similarity=0.66, match=None)
    stage.asks.append([event("answer", **answer("The passages do not say.", [far], grounded=False))])
    exchange = flows.send(page, "Who is the lion in Narnia?")
    assert flows.finished(exchange).sources[0].facts == "Similarity 0.66 · passage 2"
    expect(exchange.get_by_role("heading", name="Passages that were read")).to_be_visible()
    expect(exchange.get_by_role("heading", name="Sources")).to_have_count(0)
    expect(exchange.locator(".hint")).to_have_text("No sentence of the documents supports this answer.")


@pytest.mark.parametrize(
    ("role", "way"),
    [
        ("editor", "Ask in other words, or add a document with the answer."),
        ("reader", "Ask in other words, or ask an editor to add a document with the answer."),
    ],
)
def test_without_an_answer_the_reader_sees_what_they_can_do(page: Page, stage: Stage, role: str, way: str) -> None:
    stage.role = role
    page.reload()
    exchange = flows.send(page, "Who is the lion in Narnia?")
    expect(exchange.locator(".after .hint").first).to_have_text(way)
    expect(exchange.get_by_role("link")).to_have_count(int(role == "editor"))


def test_the_focus_stays_at_the_buttons_of_a_question(page: Page, stage: Stage) -> None:
    gate = Gate()
    stage.asks += [[gate, event("answer", **answer("Yes.", [source()]))], Plain(500, "", {}, {})]
    page.get_by_label("Your question").fill("Is it open?")
    page.get_by_role("button", name="Ask", exact=True).press("Enter")
    expect(page.get_by_role("button", name="Stop")).to_be_focused()
    gate.open()
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_focused()
    exchange = flows.send(page, "Is it lit?")
    stage.asks[:] = [[again := Gate(), event("answer", **answer("Yes.", [source()]))]]
    exchange.get_by_role("button", name="Try again").press("Enter")
    expect(page.get_by_role("button", name="Stop")).to_be_focused()
    again.open()
    assert flows.finished(exchange).text == "Yes."


def test_the_focus_stays_at_a_source_when_the_answer_is_finished(page: Page, stage: Stage) -> None:
    gate = Gate()
    both = [source(), source(id="other", title="Other")]
    stage.asks.append([event("sources", sources=both), gate, event("answer", **answer("Yes.", both))])
    exchange = flows.send(page, "Is it open?")
    exchange.locator("summary").last.focus()
    gate.open()
    flows.finished(exchange)
    expect(exchange.locator("summary").last).to_be_focused()


def test_a_section_that_has_the_title_is_not_named_twice(page: Page, stage: Stage) -> None:
    named = [source(section="The park"), source(section="Ponds"), source(section="The park", page=4)]
    stage.asks.append([event("answer", **answer("It has 3 ponds.", named))])
    facts = [shown.facts.split(" · ") for shown in flows.ask(page, "What is in the park?").sources]
    assert [those[1] for those in facts] == ["passage 2", "Ponds", "page 4"]


def test_the_searches_that_the_model_asked_for_are_shown(page: Page, stage: Stage) -> None:
    step = {
        "query": "seat of <b>Kernwerk</b>",
        "filters": {"document": ["kernwerk"], "fields": {"year": {"gte": 2023}}},
        "found": 4,
        "new": 1,
    }
    searching = Gate()
    pond = source(PARK, ("It has 3 ponds 🦆 and a café.", 0.9))
    whole = event("answer", **answer("It has 3 ponds.", [pond], steps=[step]))
    stage.asks.append([event("stage", stage="searching"), event("step", **step), searching, whole])
    exchange = flows.send(page, "Where is the maker?")
    expect(exchange.locator(".stage-words")).to_have_text("Searching for “seat of <b>Kernwerk</b>”")
    searching.open()
    flows.finished(exchange)
    steps = exchange.locator(".steps")
    expect(steps.locator("summary")).to_have_text("1 further search")
    steps.locator("summary").click()
    expect(steps.locator("li")).to_have_text(
        'seat of <b>Kernwerk</b> document: kernwerk, year: {"gte":2023}, 1 new passage'
    )


def test_an_answer_that_was_given_before_says_so(page: Page, stage: Stage) -> None:
    again = {"cached": True, "timings": {"embed_ms": None, "search_ms": 18, "model_ms": None, "total_ms": 24}}
    stage.asks.append([event("answer", **answer("Dogs are welcome.", [source()], **again))])
    made = flows.send(page, "May dogs come?").locator(".made")
    expect(made).to_contain_text("deepseek-flash · given before · 24 ms in all · search 18 ms")
    expect(made).not_to_contain_text("model ")


def test_a_long_wait_shows_how_long(window: Any, stage: Stage) -> None:
    page = window()
    flows.stop_clock(page)
    flows.enter_key(page, stage.url, KEY)
    gate = Gate()
    stage.asks.append([event("stage", stage="answering"), gate, event("answer", **answer("Yes.", [source()]))])
    exchange = flows.send(page, "Is it long?")
    expect(exchange.locator(".clock")).to_be_empty()
    assert gate.reached.wait(PATIENCE)
    page.clock.run_for(75_000)
    expect(exchange.locator(".clock")).to_have_text("1 min 15 sec")
    gate.open()
    assert flows.finished(exchange).text == "Yes."


def test_a_follow_up_continues_a_conversation_and_a_new_one_starts_over(page: Page, stage: Stage) -> None:
    for text, conversation in (("One.", "c-7"), ("Two.", "c-7"), ("Three.", "c-8")):
        stage.asks.append([event("answer", **answer(text, [source()], conversation_id=conversation))])
    assert flows.ask(page, "First?").text == "One."
    assert flows.ask(page, "And then?").text == "Two."
    expect(page.get_by_role("article")).to_have_count(2)
    flows.start_anew(page)
    expect(page.get_by_label("Your question")).to_be_focused()
    assert flows.ask(page, "Something else?").text == "Three."
    assert stage.requested == [
        {"question": "First?"},
        {"question": "And then?", "conversation_id": "c-7"},
        {"question": "Something else?"},
    ]


def test_a_reload_keeps_the_conversation(page: Page, stage: Stage) -> None:
    stage.asks.append([event("answer", **answer("One.", [source()], conversation_id="c-7"))])
    flows.ask(page, "First?")
    page.reload()
    assert flows.finished(page.get_by_role("article").last).text == "One."
    flows.ask(page, "And then?")
    assert stage.requested[1]["conversation_id"] == "c-7"


def test_stop_ends_the_answer_and_keeps_what_came(page: Page, stage: Stage) -> None:
    gate = Gate()
    stage.asks.append([event("sources", sources=[source(used=[])]), event("text", text="Half of "), gate])
    exchange = flows.send(page, "What is it?")
    expect(exchange.locator(".answer")).to_have_text("Half of")
    expect(exchange.get_by_role("heading", level=3)).to_have_text("Reading 1 passage")
    page.get_by_role("button", name="Stop").click()
    expect(exchange.get_by_role("heading", level=3)).to_have_text("Passages that were read")
    expect(exchange.locator(".stopped")).to_contain_text("Stopped. The answer is incomplete.")
    expect(exchange.locator(".answer")).to_have_text("Half of")
    expect(page.get_by_label("Your question")).to_be_focused()
    gate.open()
    stage.asks.append([event("answer", **answer("Half of it.", [source()]))])
    exchange.get_by_role("button", name="Ask again").click()
    assert flows.finished(exchange).text == "Half of it."
    assert [request["question"] for request in stage.requested] == ["What is it?"] * 2


def test_the_page_says_when_the_documents_have_no_answer(page: Page, stage: Stage) -> None:
    stage.add("park", "The park", PARK)
    given = flows.ask(page, "Who won?")
    assert given.text.split("\n")[0] == "Not in the documents"
    assert given.sources == []
    page.get_by_role("link", name="add a document with the answer").click()
    expect(page.get_by_role("heading", name="Documents", level=2)).to_be_focused()


def test_without_an_answer_model_the_passages_are_the_result(page: Page, stage: Stage) -> None:
    stage.asks.append([event("answer", **answer(None, [source(), source(id="park#3")], model=None))])
    given = flows.ask(page, "What is in the park?")
    assert given.text == "The passages nearest to your question"
    assert len(given.sources) == 2


def test_from_the_answer_to_its_source(page: Page, stage: Stage) -> None:
    unused = [source("Nothing of use here. " * 60, id=f"other#{number}", title="Other") for number in range(4)]
    used = source(PARK, ("Dogs are welcome.", 0.5), id="park", similarity=0.66, match=None)
    stage.asks.append([event("answer", **answer("Dogs may come.", [*unused, used]))])
    exchange = flows.send(page, "May dogs come?")
    flows.finished(exchange)
    assert exchange.locator("details[open]").count() == 1
    exchange.locator("details").last.locator("summary").click()
    assert exchange.locator("details[open]").count() == 0
    exchange.get_by_role("button", name="The park").click()
    expect(exchange.locator("mark").last).to_be_in_viewport()
    expect(exchange.locator("details").last.locator("summary")).to_be_focused()
    assert exchange.locator(".evidence").inner_text() == "partial 0.50"


def test_a_question_that_is_too_long_is_not_sent(page: Page, stage: Stage) -> None:
    field = page.get_by_label("Your question")
    field.fill("🌳" * 2001)
    expect(page.locator("#count")).to_have_text("2,001 characters of 2,000: shorten the question.")
    field.press("Enter")
    expect(page.get_by_role("button", name="Ask", exact=True)).to_be_disabled()
    assert page.get_by_role("article").count() == 0
    field.fill("🌳" * 2000)
    field.press("Enter")
    flows.finished(page.get_by_role("article").last)
    assert stage.requested == [{"question": "🌳" * 2000}]


def test_the_first_page_offers_what_there_is(page: Page, stage: Stage) -> None:
    expect(page.locator("#starts")).to_contain_text("There are no documents yet.")
    page.get_by_role("link", name="Documents", exact=True).click()
    stage.add("park", "The park", PARK)
    page.get_by_role("link", name="Ask", exact=True).click()
    page.get_by_role("button", name="The park", exact=True).click()
    expect(page.get_by_label("Your question")).to_have_value("What does “The park” say about ")
    expect(page.get_by_label("Your question")).to_be_focused()


MARKDOWN = {
    "## Ponds": (".heading", "Ponds"),
    "1. one `code`\n2. two": ("ol[start='1'] > li", "one code"),
    "3. three": ("ol[start='3']", None),
    "- a\n- b": ("ul > li", "b"),
    "- a\n  - b\n    - c": ("ul > li > ul > li > ul > li", "c"),
    "1. a\n   - b\n2. c": ("ol > li:nth-child(2)", "c"),
    "```\n<b>x</b>\n- y\n```": ("pre > code", "<b>x</b>\n- y"),
    "|a|b|\n|-|-:|\n|1|`x|y`|\n|2|": (".table tbody tr:nth-child(1) td.end > code", "x|y"),
    "> said\n> > before": ("blockquote > blockquote > p", "before"),
    "**bold *both* ** and _it_": ("em", "it"),
    "**bold *both***": ("strong > em", "both"),
    "a_b_c and 2 * 3 * 4": ("p", "a_b_c and 2 * 3 * 4"),
    "It costs $5 and $6.": ("p", "It costs $5 and $6."),
    "a\n\n---\n\nb": ("p + hr + p", None),
    "[here](https://park.example/map)": ("a[href='https://park.example/map'][rel='noopener noreferrer']", "here"),
    "See https://park.example/map.": ("a[href='https://park.example/map']", None),
    "[here](https://evil.example/?q=secret)": ("p", "[here](https://evil.example/?q=secret)"),
    "![x](https://park.example/map)": ("p", "![x](https://park.example/map)"),
    "[x](javascript:alert(1))": ("p", "[x](javascript:alert(1))"),
    "<b>x</b>": ("p", "<b>x</b>"),
    "Ten [1] [2, 1]": ("button.cite:nth-of-type(2)", "2"),
    "Ten [7]": ("p", "Ten [7]"),
    ">" * 3000: ("blockquote", None),
}


def test_markdown_is_drawn_and_nothing_else(page: Page, stage: Stage) -> None:
    """Only links that a source contains become links: a model could make up an address that leaks what it has read."""
    text = f"{PARK} https://park.example/map"
    for markdown, (selector, words) in MARKDOWN.items():
        whole = answer(markdown, [source(text), source(id="b")])
        stage.asks.append([event("text", text=markdown[:4]), event("answer", **whole)])
        exchange = flows.send(page, f"Which? {len(stage.requested)}")
        flows.finished(exchange)
        drawn = exchange.locator(".answer")
        texts = drawn.locator(selector).all_inner_texts()
        assert texts if words is None else words in [text.strip() for text in texts], (markdown, drawn.inner_html())
        assert drawn.locator("img, b, script").count() == 0
    assert page.locator(".answer a").count() == 2


def test_what_an_untrusted_loader_says_is_told_apart(page: Page, stage: Stage) -> None:
    copied = {**source(PARK, ("Dogs are welcome.", 0.5)), "loaded_by": "editor", "trusted": False}
    vouched = {**source(PARK, ("Dogs are welcome.", 1.0), id="park"), "loaded_by": "owner", "trusted": True}
    stage.asks.append([event("answer", **answer("Dogs are welcome.", [vouched, copied]))])
    exchange = flows.send(page, "May dogs come?")
    flows.finished(exchange)
    facts = exchange.locator(".source-facts").all_inner_texts()
    assert ["loaded by an editor" in text for text in facts] == [False, True]
    assert exchange.locator(".evidence").all_inner_texts() == ["strong 1.00", "partial 0.50"]
    assert "counts half" in exchange.locator(".legend").inner_text()
    stage.asks.append([event("answer", **answer("Dogs are welcome.", [vouched]))])
    exchange = flows.send(page, "May dogs come?")
    flows.finished(exchange)
    assert "counts half" not in exchange.locator(".legend").inner_text()


def test_a_number_in_the_answer_opens_its_source_at_its_place(page: Page, stage: Stage) -> None:
    unused = [source("Nothing of use here. " * 60, id=f"other#{number}", title="Other") for number in range(4)]
    used = source(PARK, ("Dogs are welcome.", 0.5), id="park")
    stage.asks.append([event("answer", **answer("Dogs may come [5].", [*unused, used]))])
    exchange = flows.send(page, "May dogs come?")
    flows.finished(exchange)
    exchange.locator("details").last.locator("summary").click()
    exchange.get_by_role("button", name="Source 5: The park").click()
    expect(exchange.locator("mark").last).to_be_in_viewport()
    expect(exchange.locator("details").last.locator("summary")).to_be_focused()
