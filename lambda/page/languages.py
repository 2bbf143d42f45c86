"""The languages of the page: which one a reader gets, and the page in it. Each is a file of `web/languages/`.

A file has the sentences by their keys. Those of `page.` are in the HTML, as `{{page.title}}`; the scripts get the
others. A sentence with a number has one form for each plural category of Unicode that its language has.
"""

import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any

COOKIE = "language"
FALLBACK = "en"
_MARK = re.compile(r"\{\{([a-z.-]+)\}\}")
_IN_HTML = "page."


@dataclass(frozen=True)
class Language:
    """One language: its BCP 47 `tag`, its own `name`, the `direction` of its writing, and its sentences."""

    tag: str
    name: str
    direction: str
    sentences: Mapping[str, str | Mapping[str, str]]


def languages(folder: Path) -> dict[str, Language]:
    """The languages of `folder`, by their tags, ordered by their names."""
    loaded = []
    for path in folder.glob("*.json"):
        sentences = json.loads(path.read_text(encoding="utf-8"))
        loaded.append(Language(path.stem, sentences.pop("name"), sentences.pop("direction"), sentences))
    return {language.tag: language for language in sorted(loaded, key=lambda language: language.name)}


def chosen(tags: Mapping[str, Language], cookie: str, accepted: str) -> str:
    """The tag of what the reader has chosen on the page, or else of what their browser prefers."""
    try:
        kept = SimpleCookie(cookie).get(COOKIE)
    except CookieError:
        kept = None
    if kept and kept.value in tags:
        return kept.value
    ranges = []
    for part in accepted.lower().split(","):
        tag, _, weight = part.partition(";")
        value = weight.replace(" ", "").removeprefix("q=") or "1"
        if re.fullmatch(r"[01](\.\d{0,3})?", value) and float(value):
            ranges.append((-float(value), tag.strip().partition("-")[0]))
    return next((tag for _, tag in sorted(ranges, key=lambda weighed: weighed[0]) if tag in tags), FALLBACK)


def in_language(page: str, language: Language, offered: Mapping[str, Language], **more: str) -> str:
    """The HTML with the sentences of `language`, a choice among those that are `offered`, and `more` marks as HTML."""
    values = {
        "tag": language.tag,
        "direction": language.direction,
        **more,
        "words": block({key: text for key, text in language.sentences.items() if not key.startswith(_IN_HTML)}),
        "languages": "".join(_option(each, language) for each in offered.values()),
    }

    def filled(mark: re.Match[str]) -> str:
        key = mark[1]
        return values[key] if key in values else html.escape(str(language.sentences[key]))

    return _MARK.sub(filled, page)


def _option(offered: Language, shown: Language) -> str:
    chosen = " selected" if offered.tag == shown.tag else ""
    return f'<option value="{offered.tag}" lang="{offered.tag}"{chosen}>{html.escape(offered.name)}</option>'


def block(sentences: Mapping[str, Any]) -> str:
    """JSON that nothing within it ends before its end."""
    return json.dumps(sentences, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
