"""What people do with the page, step by step, on any stage that serves it: that of a test, or a deployed one.

Each flow takes a Playwright `Page`, waits for what a person would wait for, and returns what that person would see.
"""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, expect

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
ANSWER_SECONDS = 120
_BEGUN = datetime(2026, 11, 30, 12, tzinfo=UTC)
# Chromium reports every answer of 400 and above on the console; the page shows its own message for it.
_STATUS = "Failed to load resource: the server responded with a status of"


@dataclass
class Watch:
    """The requests and console complaints of the browser while a page was open."""

    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @classmethod
    def over(cls, page: Page) -> "Watch":
        watch = cls()
        page.on("request", watch.sent)
        page.on("console", watch.said)
        page.on("pageerror", lambda error: watch.complaints.append(str(error)))
        return watch

    def strangers(self, own: str, *, sign_in: str = "") -> list[str]:
        """Requests to other origins than that of `own`, a page's address, and than the `sign_in` origin."""
        known = {_origin(own), _origin(sign_in)}
        return [url for url in self.requests if not url.startswith("data:") and _origin(url) not in known]

    def sent(self, request: Request) -> None:
        self.requests.append(request.url)

    def said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_STATUS):
            self.complaints.append(message.text)


@dataclass(frozen=True)
class Source:
    """A source as it is shown; `marked` are the sentences that support the answer."""

    title: str
    facts: str
    marked: list[str]


@dataclass(frozen=True)
class Answer:
    """The last exchange of the conversation, after it has finished."""

    question: str
    text: str
    sources: list[Source]
    failure: str


def stop_clock(page: Page) -> None:
    """From now on, time passes in the page only when a test moves `page.clock`: it shows how many seconds are left."""
    page.clock.install(time=_BEGUN)
    page.clock.pause_at(_BEGUN + timedelta(seconds=1))


def sign_in(page: Page, url: str, user: str, password: str) -> None:
    """Go from the page to the user pool's sign-in page and back, ready to ask."""
    page.goto(url)
    page.get_by_role("button", name="Sign in").click()
    give_password(page, user, password)


def give_password(page: Page, user: str, password: str) -> None:
    """Give the password on the user pool's sign-in page, and wait until the page is back, in any language."""
    page.locator("input[name=username]").fill(user)
    page.locator("input[name=password]").fill(password)
    page.locator("[type=submit]").click()
    expect(page.locator("#question")).to_be_visible()


def enter_key(page: Page, url: str, key: str) -> None:
    """Enter the key of an environment that asks for an API key."""
    page.goto(url)
    page.get_by_role("button", name="Enter the key").click()
    page.get_by_label("Key", exact=True).fill(key)
    page.get_by_role("button", name="Use this key").click()
    expect(page.get_by_label("Your question")).to_be_visible()


def enter(page: Page, url: str, key: str) -> None:
    """Open the page, in any language, with the key already in the tab: faster than through the dialog."""
    page.add_init_script(f"sessionStorage.setItem('{urlsplit(url).path.removesuffix('rag')}:key', '\"{key}\"')")
    page.goto(url)
    expect(page.locator("#question")).to_be_visible()


def ask_in_any_language(page: Page, question: str) -> "Answer":
    """Ask in the question field, found by its id, because its label is in the page's language."""
    page.locator("#question").fill(question)
    page.locator("#question").press("Enter")
    return finished(page.get_by_role("article").last)


def send(page: Page, question: str) -> Locator:
    """Ask; returns the new exchange without waiting for its answer."""
    field = page.get_by_label("Your question")
    field.fill(question)
    field.press("Enter")
    exchange = page.get_by_role("article").last
    expect(exchange.get_by_role("heading", level=2)).to_have_text(question)
    return exchange


def ask(page: Page, question: str) -> Answer:
    """Ask, and wait for the answer, or for the sentence that explains why there is none."""
    exchange = send(page, question)
    return finished(exchange)


def finished(exchange: Locator) -> Answer:
    """What an exchange shows after it has finished."""
    expect(exchange.locator(".made, .failure, .stopped")).to_be_visible(timeout=ANSWER_SECONDS * 1000)
    shown = exchange.locator(".sources details")
    return Answer(
        question=exchange.get_by_role("heading", level=2).inner_text(),
        text=exchange.locator(".answer").inner_text(),
        sources=[_source(shown.nth(index)) for index in range(shown.count())],
        failure=" ".join(exchange.locator(".failure p").all_inner_texts()),
    )


def start_anew(page: Page) -> None:
    page.get_by_role("button", name="New conversation").click()
    expect(page.get_by_role("article")).to_have_count(0)


def open_documents(page: Page) -> None:
    page.get_by_role("link", name="Documents", exact=True).click()
    expect(page.get_by_role("heading", name="Documents", level=2)).to_be_visible()
    expect(page.locator(".shelf h3, .shelf .failure").locator("visible=true").first).to_be_visible()


def open_conversation(page: Page) -> None:
    page.get_by_role("link", name="Ask", exact=True).click()
    expect(page.get_by_label("Your question")).to_be_visible()


def upload(page: Page, files: list[Path]) -> dict[str, str]:
    """Add files; returns the text that is shown about each, by its name."""
    open_documents(page)
    page.locator("#files").set_input_files(files)
    return {file.name: uploaded(page, file.name) for file in files}


def uploaded(page: Page, name: str) -> str:
    """The result of a file: its summary, and the sentences about failures."""
    entry = page.locator(".upload").filter(has=page.get_by_text(name, exact=True)).first
    expect(entry).to_have_class(re.compile(r"\b(good|bad)\b"), timeout=ANSWER_SECONDS * 1000)
    said = entry.locator(".upload-state, .item-failures li, .failure p").all_inner_texts()
    return " ".join(said)


def listed(page: Page) -> list[str]:
    """The titles of the documents that are shown."""
    return page.locator(".row-title").all_inner_texts()


def remove(page: Page, title: str) -> None:
    page.get_by_role("button", name=f"Remove {title}").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_role("button", name=f"Remove {title}")).to_have_count(0)


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Your question")).to_be_hidden()


def spills(page: Page) -> list[str]:
    """The elements that are wider than the window: the page must not scroll sideways."""
    measured: list[str] = page.evaluate(
        """() => {
          const width = document.documentElement.clientWidth;
          const whole = document.documentElement.scrollWidth;
          const over = [...document.querySelectorAll("main *, header *")].filter((node) => {
            const box = node.getBoundingClientRect();
            return box.width > 1 && box.right > width + 1 && !node.closest("pre");
          });
          const named = over.map((node) => `${node.tagName}.${node.className} ${node.getBoundingClientRect().right}`);
          return whole > width ? [`page ${whole}`, ...named] : named;
        }"""
    )
    return measured


def turned(page: Page) -> list[str]:
    """The visible elements, other than icons, that are rotated or mirrored."""
    listed: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("body *:not(.icon)")].filter((node) => {
          const { a, b } = new DOMMatrix(getComputedStyle(node).transform);
          return node.checkVisibility() && (b !== 0 || a < 0);
        }).map((node) => `${node.tagName}.${node.className}`)"""
    )
    return listed


def barriers(page: Page, *rules: str) -> list[str]:
    """The violations that axe-core finds, of all or the given rules, as `rule: elements`.

    axe-core is added through the debugger: the page's own policy would not allow it.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    run = "async (runOnly) => await axe.run(document, runOnly.length ? { runOnly } : {})"
    result: dict[str, Any] = page.evaluate(run, rules)
    return [
        f"{finding['id']}: {finding['help']}: {[node['target'] for node in finding['nodes']]}"
        for finding in result["violations"]
    ]


def _source(card: Locator) -> Source:
    return Source(
        title=card.locator(".source-title").inner_text(),
        facts=card.locator(".source-facts").inner_text(),
        marked=card.locator("mark").all_text_contents(),
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
