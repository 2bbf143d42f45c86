"""The pictures of the page in the documentation: `make pictures` takes them on its own stages.

`take` takes them on any stage. The stage here contains the samples and plays a model's answer about them, in pieces.
"""

import json
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from sandbox.certificates import Certificates
from tests.browser import flows
from tests.browser.conftest import ARGUMENTS, CHROMIUM, PHONE
from tests.browser.pool import PASSWORD, USER, Pool
from tests.browser.stage import KEY, Stage, answer, event

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "images"
LARGEST = 200_000
SMALL = {"width": 1040, "height": 600}  # small files with enough room for the sources beside the answer
QUESTION = "How did the population of New York City change from 2021 to 2023, and that of Miami?"
_ANSWER = """From 2021 to 2023 the New York City metro area grew by **114,000 residents**, to 18,937,000.

Miami grew faster:

- 2021: 6,167,000 residents
- 2023: 6,265,000 residents, 98,000 more

That is 1.6% in two years, against 0.6% in New York City."""
_PICTURES: dict[str, tuple[dict[str, int], str]] = {"light": (SMALL, "en"), "arabic": (PHONE, "ar")}


def take(
    browser: Browser, enter: Callable[[Page], None], question: str = QUESTION, folder: Path = FOLDER
) -> list[Path]:
    """Take the pictures of the question, on a phone in Arabic, too; `enter` opens the page. Returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name, (size, tag) in _PICTURES.items():
        viewport: Any = size
        page = browser.new_page(
            viewport=viewport, color_scheme="light", locale=tag, ignore_https_errors=True, reduced_motion="reduce"
        )
        enter(page)
        given = flows.ask_in_any_language(page, question)
        assert not given.failure, given.failure
        page.mouse.move(0, 0)
        made.append(folder / f"page-{name}.png")
        page.screenshot(path=made[-1])
        page.close()
    too_large = {path.name: path.stat().st_size for path in made if path.stat().st_size > LARGEST}
    assert too_large == {}, too_large
    return made


def _played(stage: Stage) -> None:
    """Fill the stage with the samples, and with the answer to each picture's question."""
    with (ROOT / "samples" / "metro-areas.ndjson").open(encoding="utf-8") as samples:
        documents = {document["id"]: document for document in map(json.loads, samples)}
    for document in documents.values():
        stage.add(document["id"], document["title"], document["text"])

    def source(identifier: str, similarity: float, *used: str) -> dict[str, Any]:
        document = documents[identifier]
        sentences = [re.search(rf"[^.]*\b{words}[^.]*(?:\.\d[^.]*)*\.", document["text"]) for words in used]
        spans = [
            {"start": item.end() - len(item[0].lstrip()), "end": item.end(), "score": 0.78 - 0.14 * index}
            for index, item in enumerate(sentences)
            if item
        ]
        return {**document, "document": identifier, "score": similarity, "used": spans} | shown(similarity)

    def shown(similarity: float) -> dict[str, Any]:
        return {"similarity": similarity, "match": "close" if similarity > 0.8 else "loose"}

    sources = [
        source("new-york-city", 0.86, "In 2021", "In 2023"),
        source("miami", 0.84, "In 2021", "In 2023"),
        source("chicago", 0.71),
        source("austin", 0.66),
    ]
    stage.asks += [[event("answer", **answer(_ANSWER, sources))] for _ in _PICTURES]


def take_prompt(browser: Browser, stage: Stage, folder: Path = FOLDER) -> Path:
    """Take the picture of the prompt view, with a draft that is compared."""
    texts = {"system": "You answer from the passages.", "instructions": "Answer in at most three sentences."}
    about = {"restores": None, "at": None, "by": None, "note": ""}
    published = {**about, "number": 1, "note": "Shorter answers", "at": "2026-01-02T12:00:00Z", "by": "ada@example.com"}
    stage.prompts = [{**texts, **published}, {**about, **texts, "number": 0, "instructions": "Answer concisely."}]
    stage.answers = _compared
    page = browser.new_page(viewport={"width": SMALL["width"], "height": 900}, locale="en", ignore_https_errors=True)
    flows.enter(page, stage.url, KEY)
    page.get_by_role("link", name="Prompt").click()
    page.get_by_label("How it answers").fill("Answer in one sentence, and name its passage.")
    page.get_by_label("Questions, one per line").fill("How many people lived in Boston in 2023?\nAnd in Chicago?")
    page.get_by_role("button", name="Compare with the current version").click()
    page.get_by_role("table").wait_for()
    # The window is as tall as its content: otherwise the bar at the top would cover some of it.
    page.set_viewport_size({"width": SMALL["width"], "height": page.evaluate("document.body.scrollHeight")})
    page.evaluate("scrollTo(0, 0)")
    file = folder / "page-prompt.png"
    page.screenshot(path=file)
    page.close()
    return file


def _compared(request: dict[str, Any]) -> list[str]:
    is_draft = request["draft"] != {"number": 1}
    counts = {"sentences": 2, "borne_out": 1 + is_draft, "citations": 2, "right": 1 + is_draft, "cited": 1 + is_draft}
    return [event("answer", **answer("4,327,000.", [], grounded=True), counts=counts)]


def take_lists(browser: Browser, stage: Stage, folder: Path = FOLDER) -> list[Path]:
    """Take the pictures of the views History and Documents. The stage has sign-in by account and the samples."""
    stage.sharing = 30
    for number, title in enumerate(
        ("How did Miami grow?", "Which metro area is the largest?", "Leave in the first year")
    ):
        stage.converse(f"{number:032x}-1", title, {"number": 1, "question": title, "answer": "", "sources": []})
    viewport: Any = {"width": SMALL["width"], "height": 640}
    page = browser.new_page(viewport=viewport, locale="en", ignore_https_errors=True, reduced_motion="reduce")
    flows.sign_in(page, stage.url, USER, PASSWORD)
    made = []
    for view in ("History", "Documents"):
        page.get_by_role("link", name=view).click()
        page.get_by_role("listitem").first.wait_for()
        page.get_by_text("Loading").locator("visible=true").wait_for(state="detached")
        made.append(folder / f"page-{view.lower()}.png")
        page.screenshot(path=made[-1])
    page.close()
    return made


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        certificates = Certificates(Path(folder))
        certificates.make()
        os.environ["SSL_CERT_FILE"] = str(certificates.bundle)  # the stage calls the pool's token endpoint
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        with Pool().running(certificates) as pool, Stage(sign_in="api-key", pool=pool).running(certificates) as stage:
            _played(stage)
            made = [*take(browser, lambda page: flows.enter(page, stage.url, KEY)), take_prompt(browser, stage)]
        with Pool().running(certificates) as pool, Stage(sign_in="cognito", pool=pool).running(certificates) as stage:
            _played(stage)
            made += take_lists(browser, stage)
        browser.close()
    for path in made:
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
