"""The languages of the page. Each is a file in `web/languages/`, and the HTML contains all of them as data.

A file has the sentences by their keys. The template of the page contains keys that begin with `page.`, for example
`{{page.title}}`. A sentence with a number has one form for each plural category of Unicode that its language has.
"""

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FALLBACK = "en"
WITHOUT_SCRIPTS = "page.no-script"


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


def filled(page: str, offered: Mapping[str, Language], settings: Mapping[str, Any]) -> str:
    """The HTML with the sentences of all languages `offered`, and with `settings`."""
    first = offered[FALLBACK].sentences
    values = {
        "page-title": html.escape(str(first["page.title"])),
        "no-script": "".join(map(_without_scripts, offered.values())),
        "words": block(_words(offered)),
        "settings": block(settings),
    }
    for name, value in values.items():
        page = page.replace(f"{{{{{name}}}}}", value, 1)
    return page


def block(value: Any) -> str:
    """JSON for a script element; `<` is escaped, so no text in the JSON can end the element."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _words(offered: Mapping[str, Language]) -> dict[str, Any]:
    """The keys once, and the sentences of each language in the order of the keys."""
    keys = list(offered[FALLBACK].sentences)
    return {
        "keys": keys,
        "languages": {
            language.tag: {
                "name": language.name,
                "direction": language.direction,
                "sentences": [language.sentences[key] for key in keys],
            }
            for language in offered.values()
        },
    }


def _without_scripts(language: Language) -> str:
    sentence = html.escape(str(language.sentences[WITHOUT_SCRIPTS]))
    return f'<p class="failure" lang="{language.tag}" dir="{language.direction}">{sentence}</p>'
