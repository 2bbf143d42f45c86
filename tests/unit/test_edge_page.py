"""The objects of the page: one file that its policy allows, with settings and sentences, and what it loads later."""

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from one_piece import Unbundled, bundle, one_piece
from page_objects import page_objects

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
SETTINGS = {"environment": "unit", "client_id": "</script><b>"}


def html(web: Path) -> str:
    return gzip.decompress(page_objects(web, SETTINGS)["rag"].content).decode()


@pytest.mark.thorough
def test_the_objects_are_those_that_the_api_has_routes_for_and_the_page_is_written_last() -> None:
    # It imports the CDK.
    from opensearch_ml.assistant.assistant_page import KEYS

    objects = page_objects(WEB, SETTINGS)
    assert set(objects) == set(KEYS)
    assert list(objects)[-1] == "rag"
    assert page_objects(WEB, SETTINGS) == objects


def test_the_page_is_in_one_piece_that_its_policy_allows() -> None:
    page, policy = html(WEB), page_objects(WEB, SETTINGS)["rag"].policy
    assert re.findall(r'(?:src|href)="(?!data:|#)', page) == []
    within = re.findall(r"<(style|script)(?: type=\"module\")?>(.*?)</\1>", page, re.DOTALL)
    assert [kind for kind, _ in within] == ["style", "script", "script"]
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for _, text in within]
    later = base64.b64encode(hashlib.sha256((WEB / "temml" / "temml.min.js").read_bytes()).digest()).decode()
    assert re.findall(r"'sha256-([^']+)'", policy) == [*hashes[1:], later, hashes[0]]
    assert re.sub(r"'sha256-[^']+'", "H", policy) == (
        "default-src 'none'; script-src H H H; style-src H; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    modules = {path.stem for path in WEB.glob("*.js")} - {"theme"}
    assert set(re.findall(r"^const \$(\w+) = ", within[2][1], re.MULTILINE)) == modules


def test_the_page_holds_its_settings_which_end_no_block() -> None:
    [block] = re.findall(r'<script type="application/json" id="settings">(.*?)</script>', html(WEB))
    assert json.loads(block) == SETTINGS


def test_the_policy_is_short_enough_for_metadata_of_an_object() -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html"""
    for written in page_objects(WEB, SETTINGS).values():
        assert len("content-security-policy" + written.policy) <= 2048
        assert written.policy.isascii()


def test_without_the_library_for_formulas_there_is_the_page_alone(tmp_path: Path) -> None:
    (tmp_path / "languages").mkdir()
    sentences = {"name": "English", "direction": "ltr", "page.title": "Title", "page.no-script": "Sorry."}
    (tmp_path / "languages" / "en.json").write_text(json.dumps(sentences))
    (tmp_path / "index.html").write_text("<title>{{page-title}}</title>{{words}}{{settings}}")
    objects = page_objects(tmp_path, {})
    assert list(objects) == ["rag"]
    assert "script-src 'none'; style-src 'none'" in objects["rag"].policy


def test_the_library_for_formulas_is_the_one_that_is_pinned() -> None:
    copied, package = ROOT / "web" / "temml", ROOT / "node_modules" / "temml"
    assert (copied / "temml.min.js").read_bytes() == (package / "dist" / "temml.min.js").read_bytes()
    assert (copied / "LICENSE.txt").read_bytes() == (package / "LICENSE").read_bytes()


MODULES = {
    "app.js": 'import { a, b } from "./one.js";\nimport { b as c } from "./two.js";\n',
    "one.js": 'import { b } from "./two.js";\nexport const a = b + 1;\nexport { b };\n',
    "two.js": "export const b = 1;\n",
    "good.js": 'import { a } from "./good-too.js";\nconst b = 2;\nexport async function* c() {\n  yield a + b;\n}\n',
    "good-too.js": "const b = 1;\nexport class a {}\n",
    "round.js": 'import { a } from "./about.js";\nexport const b = a;\n',
    "about.js": 'import { b } from "./round.js";\nexport const a = b;\n',
    "late.js": 'const a = await import("./two.js");\n',
    "meta.js": "const a = import.meta.url;\n",
    "all.js": 'import * as a from "./two.js";\n',
}


def test_modules_become_one_and_keep_their_own_names() -> None:
    assert bundle("good.js", MODULES.__getitem__) == (
        "const $good_too = (() => {\nconst b = 1;\nclass a {}\nreturn { a };\n})();\n"
        "const $good = (() => {\nconst { a } = $good_too;\nconst b = 2;\n"
        "async function* c() {\n  yield a + b;\n}\nreturn { c };\n})();\n"
    )


@pytest.mark.parametrize("entry", ["app.js", "one.js", "round.js", "late.js", "meta.js", "all.js"])
def test_a_module_of_another_form_is_refused(entry: str) -> None:
    with pytest.raises(Unbundled, match=r"\.js"):
        bundle(entry, MODULES.__getitem__)


def test_nothing_ends_what_is_within_the_page() -> None:
    with pytest.raises(Unbundled, match="</script"):
        one_piece('<script src="rag/x.js"></script>', lambda _: "const a = '</script>';")
