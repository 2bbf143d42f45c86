"""Formulas in answers: typeset as MathML by a library that is loaded with the first one, and by nothing else."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import flows
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.flows import Watch
from tests.browser.stage import KEY, Gate, Stage, answer, event

LIBRARY = "/rag/temml/temml.min.js"
# Parts of answers, and the formulas in each as a screen reader's text.
FORMULAS = {
    "An area \\(a^2 + b_1\\) of": ["a2+b1"],
    "For $x$ and $n+1$, $f(x)$ or $2n$.": ["x", "n+1", "f(x)", "2n"],
    "$$\n\\frac{1}{2}\n$$\nafter": ["12"],
    "so \\[ E = mc^2 \\] holds": ["E=mc2"],
    "\\[\\begin{aligned} a &= 1 \\\\ b &= 2 \\end{aligned}\\]": ["a=1b=2"],
    "- one $a_1$\n- two\n\n  $$b_2$$": ["a1", "b2"],
    "| a |\n|---|\n| $c_3$ |": ["c3"],
    "$$x=1$$ and $$y=2$$.": ["x=1", "y=2"],
    "**so $k = 3$** [1]": ["k=3"],
}
TEXTS = (
    "It costs $5 and $10.",
    "From $5_000 to $10_000, or US$3 = $4.",
    "$5/month, $6+tax or $7",
    "PATH=$HOME=$A_B",
    "a $$ b",
    "$$$ deals $$$",
    "$$\nx = 1\n\nnot closed",
    "an open $x^2 and \\(y",
    "\\(\\notacommand{x}\\)",
    "\\(\\frac{1}\\)",
    "\\(\\class{bar}{x}\\)",
    "\\(\\href{javascript:alert(1)}{x}\\)",
    "\\(\\includegraphics{https://evil.example/x.png}\\)",
    "\\(\\data{x=1}{x}\\)",
    f"\\({'x+' * 2001}x\\)",
    "\\(\\def\\a{\\a\\a}\\a\\)",
)


def said(page: Page, stage: Stage, text: str) -> None:
    stage.asks.append([event("answer", **answer(text, [], grounded=True))])
    flows.finished(flows.send(page, f"Which? {len(stage.requested)}"))


def test_formulas_are_typeset_and_the_library_comes_with_the_first_one(page: Page, stage: Stage) -> None:
    watch = Watch.over(page)
    said(page, stage, "It costs $5 and $10.")
    assert not [url for url in watch.requests if url.endswith(LIBRARY)]
    for text, formulas in FORMULAS.items():
        said(page, stage, text)
        drawn = page.locator(".answer").last.locator("math")
        expect(drawn).to_have_text([*formulas], use_inner_text=False)
        assert "$" not in page.locator(".answer").last.inner_text(), text
    assert len([url for url in watch.requests if url.endswith(LIBRARY)]) == 1
    assert page.locator(".answer math[display=block]").count() == 4
    assert flows.barriers(page) == []


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_no_formula_stays_as_it_is_written(page: Page, stage: Stage, text: str) -> None:
    said(page, stage, f"\\(z\\)\n\n{text}")
    answered = page.locator(".answer").last
    expect(answered.locator("math")).to_have_count(1)
    shown = answered.evaluate("node => [...node.children].slice(1).map(each => each.textContent)")
    assert " ".join(shown).split() == text.split()
    assert answered.locator("a, img, script, .tml-error").count() == 0


def test_html_in_a_formula_is_text_of_it(page: Page, stage: Stage) -> None:
    said(page, stage, "\\(x = \\text{<img src=x onerror=alert(1)>}\\)")
    expect(page.locator(".answer math")).to_contain_text("<img")
    assert page.locator(".answer img").count() == 0


def test_a_formula_that_is_half_there_is_text_until_it_ends(page: Page, stage: Stage) -> None:
    half, whole, end = Gate(), Gate(), Gate()
    stage.asks.append(
        [
            event("text", text="First \\(a\\), then \\(\\frac{1}{"),
            half,
            event("text", text="2}\\), and $$\\sqrt{"),
            whole,
            event("text", text="3}$$."),
            end,
            event("answer", **answer("First \\(a\\), then \\(\\frac{1}{2}\\), and $$\\sqrt{3}$$.", [], grounded=True)),
        ]
    )
    flows.send(page, "Which?")
    shown = page.locator(".answer")
    for gate, text, drawn in ((half, "\\(\\frac{1}{", 1), (whole, "and $$\\sqrt{", 2), (end, ".", 3)):
        expect(shown).to_contain_text(text)
        expect(shown.locator("math")).to_have_count(drawn)
        gate.open()
    flows.finished(page.get_by_role("article").last)
    expect(shown.locator("math")).to_have_count(3)
    assert "$" not in shown.inner_text()


def test_a_long_formula_scrolls_by_itself_on_a_phone(window: OpenPage, stage: Stage) -> None:
    page = window(size=PHONE)
    watch = Watch.over(page)
    flows.enter(page, stage.url, KEY)
    long = " + ".join(f"x_{{{number}}}" for number in range(60))
    said(page, stage, f"$${long}$$\n\nand \\(\\sqrt{{{long}}}\\)")
    expect(page.locator(".answer math")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert flows.barriers(page) == []
    assert watch.complaints == []


def test_the_library_is_fetched_again_when_a_crowd_takes_its_turn(window: OpenPage, stage: Stage) -> None:
    page = window()
    seen: list[int] = []

    def crowded(route: Route) -> None:
        seen.append(len(seen))
        route.fulfill(status=429, body="{}") if len(seen) == 1 else route.continue_()

    page.route(f"**{LIBRARY}", crowded)
    flows.enter(page, stage.url, KEY)
    said(page, stage, "An area \\(a^2\\).")
    expect(page.locator(".answer math")).to_have_text("a2", use_inner_text=False)
    assert seen == [0, 1]


def test_without_the_library_formulas_are_read_as_they_are_written(window: OpenPage, stage: Stage) -> None:
    page = window()
    page.route(f"**{LIBRARY}", lambda route: route.abort())
    flows.enter(page, stage.url, KEY)
    said(page, stage, "An area \\(a^2\\).")
    expect(page.locator(".answer")).to_have_text("An area \\(a^2\\).")


def test_the_policy_lets_no_other_script_run_in_its_place(window: OpenPage, stage: Stage) -> None:
    page = window()
    page.route(f"**{LIBRARY}", lambda route: route.fulfill(body="window.foreign = 1", content_type="text/javascript"))
    flows.enter(page, stage.url, KEY)
    with page.expect_event("console", lambda message: "Content Security Policy" in message.text):
        said(page, stage, "An area \\(a^2\\).")
    expect(page.locator(".answer")).to_have_text("An area \\(a^2\\).")
    assert page.evaluate("window.foreign") is None
