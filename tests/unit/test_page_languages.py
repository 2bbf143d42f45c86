"""The languages of the page: which one a reader gets, and that each contains every sentence of the page."""

import html
import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from languages import FALLBACK, filled, languages
from rag.failures import Cause
from sign_in_session import CAUSES

WEB = Path(__file__).parents[2] / "web"
FOLDER = WEB / "languages"
TAGS = sorted(path.stem for path in FOLDER.glob("*.json"))
SENTENCES: dict[str, dict[str, Any]] = {tag: json.loads((FOLDER / f"{tag}.json").read_text()) for tag in TAGS}
HTML = (WEB / "index.html").read_text()
# Added when the page is written, in addition to the sentences of its template.
WRITTEN = {"page.title", "page.no-script"}
SCRIPTS = {path.name: path.read_text() for path in sorted(WEB.glob("*.js"))}
SCRIPTS_TEXT = "".join(SCRIPTS.values())
# Words for the browser, not for readers.
_BROWSERS = {"Content-Type", "Retry-After", "Enter", "Escape", "AbortError", "Files", "noopener noreferrer"}
_READABLE = re.compile(r"[A-Za-z]{2,} +[A-Za-z]|^[A-Z][a-z]")


def forms(sentence: str | dict[str, str]) -> dict[str, str]:
    return sentence if isinstance(sentence, dict) else {"": sentence}


def names(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_the_languages_are_those_that_the_page_offers() -> None:
    assert {"ar", "de", "en", "es", "fr", "ja", "zh"} <= set(TAGS)
    assert {tag: SENTENCES[tag]["direction"] for tag in TAGS if SENTENCES[tag]["direction"] != "ltr"} == {"ar": "rtl"}


@pytest.mark.parametrize("tag", TAGS)
def test_every_language_says_all_that_the_first_says(tag: str) -> None:
    first, sentences = SENTENCES[FALLBACK], SENTENCES[tag]
    assert list(sentences) == list(first)
    for key, sentence in sentences.items():
        assert isinstance(sentence, dict) == isinstance(first[key], dict), key
        wanted = names(" ".join(forms(first[key]).values()))
        for form in forms(sentence).values():
            assert form.strip(), key
            assert names(form) == wanted, key
    plurals = {frozenset(sentence) for sentence in sentences.values() if isinstance(sentence, dict)}
    assert len(plurals) == 1, "each sentence with a number has the same plural forms"


def test_what_the_files_hold_is_what_the_page_says() -> None:
    code = SCRIPTS_TEXT
    exact = set(re.findall(r'"([a-z-]+\.[\w-]+)"', code)) | set(re.findall(r"\{\{([\w.-]+)\}\}", HTML)) | WRITTEN
    begun = tuple(re.findall(r"`([a-z-]+\.)\$\{", code))
    keys = set(SENTENCES[FALLBACK]) - {"name", "direction"}
    derived = {f"{key}-this" for key in ("history.rename", "list.remove", "share.share")}
    modules = {f"{name}" for name in SCRIPTS}
    assert {key for key in keys if key not in exact | derived and not key.startswith(begun)} == set()
    groups = {key.partition(".")[0] for key in keys}
    assert {key for key in exact - keys - modules if key.partition(".")[0] in groups} == set()


def test_no_sentence_stays_in_the_code() -> None:
    left = [text for text in re.findall(r">([^<]*)<", HTML) if re.search(r"[^\W\d_]", re.sub(r"\{.*\}", "", text))]
    left += re.findall(r'(?:aria-label|placeholder|title|alt)="(?!\{\{)[^"]+"', HTML)
    for name, text in SCRIPTS.items():
        code = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        code = re.sub(r"(^|\s)//[^\n]*", r"\1", code)
        code = re.sub(r"className(?: =|:) [^,;\n}]*", "", code)
        literals = re.findall(r'"((?:[^"\\\n]|\\.)*)"', code)
        for template in re.findall(r"`([^`\n]*)`", code):
            while template != (template := re.sub(r"\$?\{[^{}]*\}", "", template)):
                pass
            literals.append(template)
        left += [f"{name}: {each}" for each in literals if _READABLE.search(each) and each not in _BROWSERS]
    assert left == []


@pytest.mark.parametrize("tag", TAGS)
def test_the_button_of_a_dialog_repeats_the_verb_of_its_heading(tag: str) -> None:
    """The first word of the button is in the heading."""
    confirmed = re.findall(r'confirmed\(say\("([\w.-]+)"\), say\([^)]*\), say\("([\w.-]+)"\)\)', SCRIPTS_TEXT)
    assert len(confirmed) == SCRIPTS_TEXT.count("await confirmed(")
    forms_of_dialogs = [("page.rename-heading", "page.rename"), ("page.share-heading", "page.share-make")]
    assert all(f"{{{{{key}}}}}" in HTML for pair in forms_of_dialogs for key in pair)
    for heading, button in confirmed + forms_of_dialogs:
        verb = SENTENCES[tag][button].split()[0].casefold()
        assert verb in SENTENCES[tag][heading].casefold(), (heading, button)


def test_every_cause_has_a_sentence() -> None:
    causes = {key.removeprefix("cause.") for key in SENTENCES[FALLBACK] if key.startswith("cause.")}
    assert causes == {*get_args(Cause), *CAUSES.values(), "code-wrong"}


def test_the_page_holds_the_sentences_of_all_languages() -> None:
    offered = languages(FOLDER)
    page = filled(HTML, offered, {})
    # The other sentences are in the template; the browser fills them in.
    assert page.index("{{") > page.index('<template id="page">')
    assert set(re.findall(r"\{\{([\w.-]+)\}\}", page)) <= set(SENTENCES[FALLBACK])
    block = re.search(r'<script type="application/json" id="words">(.*?)</script>', page, re.DOTALL)
    assert block
    words = json.loads(block[1])
    assert list(words["languages"]) == list(offered)
    for tag, held in words["languages"].items():
        of_file = {"name": held["name"], "direction": held["direction"]}
        assert of_file | dict(zip(words["keys"], held["sentences"], strict=True)) == SENTENCES[tag]
    assert f"<title>{html.escape(SENTENCES[FALLBACK]['page.title'])}</title>" in page


def test_a_sentence_ends_neither_the_page_nor_its_block(tmp_path: Path) -> None:
    evil = "</script><b>&"
    sentences = {"name": evil, "direction": "ltr", "page.title": evil, "page.no-script": evil, "list.more": evil}
    (tmp_path / "en.json").write_text(json.dumps(sentences))
    page = filled("<title>{{page-title}}</title>{{no-script}}{{words}}{{settings}}", languages(tmp_path), {"a": evil})
    assert "<b>" not in page
    assert "</script>" not in page
