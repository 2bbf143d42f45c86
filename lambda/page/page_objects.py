"""The objects of the page: its HTML in one piece, with settings and sentences, and the files that it fetches later.

`/rag` has no slash at its end, so the page's relative addresses are `rag/<file>`, and `ask` or `documents` for the API.
"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from languages import filled, languages
from one_piece import allowing, one_piece

HTML, SCRIPT, TEXT = "text/html; charset=utf-8", "text/javascript; charset=utf-8", "text/plain; charset=utf-8"
# The page fetches this script when it needs it, and then puts it into its HTML; so the policy allows it.
SCRIPTS = "temml/temml.min.js"
LATER = {SCRIPTS: SCRIPT, "temml/LICENSE.txt": TEXT}
POLICY = (
    "default-src 'none'; script-src {scripts}; style-src {styles}; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class PageObject:
    """An object in the bucket: `content` is compressed by gzip, `policy` is the content security policy."""

    media_type: str
    content: bytes
    policy: str


def page_objects(web: Path, settings: Mapping[str, Any]) -> dict[str, PageObject]:
    """The objects by their keys, which are the paths of the API, from the files of `web`; the page is the last."""
    made = {}
    for name, media_type in LATER.items():
        if (web / name).exists():
            text = (web / name).read_text(encoding="utf-8")
            made[f"rag/{name}"] = _object(media_type, text, POLICY.format(scripts="'none'", styles="'none'"))
    html, allowed = one_piece(
        (web / "index.html").read_text(encoding="utf-8"), lambda name: (web / name).read_text(encoding="utf-8")
    )
    if (web / SCRIPTS).exists():
        allowed["scripts"].append(allowing((web / SCRIPTS).read_text(encoding="utf-8")))
    # Sentences and settings are not scripts or styles, so the policy does not depend on them.
    policy = POLICY.format(**{name: " ".join(hashes) or "'none'" for name, hashes in allowed.items()})
    made["rag"] = _object(HTML, filled(html, languages(web / "languages"), settings), policy)
    return made


def _object(media_type: str, text: str, policy: str) -> PageObject:
    return PageObject(media_type, gzip.compress(text.encode(), mtime=0), policy)
