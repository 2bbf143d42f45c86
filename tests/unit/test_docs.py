"""The links of the documents lead somewhere, and their pages are complete."""

import re
import tomllib
from pathlib import Path

import yaml

from tests.shown.blocks import blocks
from tests.shown.environments import is_whole

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


def test_links_between_the_documents_lead_somewhere() -> None:
    links = [(page, link) for page in PAGES for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text())]
    assert len(links) > 100
    assert [f"{page}: {link}" for page, link in links if not (page.parent / link).exists()] == []


def test_pages_of_the_site_link_only_to_pages_of_the_site() -> None:
    """The site is built in strict mode, which refuses other links; only the lane `pages` builds it."""
    site = ROOT / "docs"
    links = [
        (page, link)
        for page in sorted(site.rglob("*.md"))
        for link in re.findall(r"\]\((?!https?:)([^)#]+\.md)", page.read_text())
    ]
    assert [f"{page}: {link}" for page, link in links if site not in (page.parent / link).resolve().parents] == []


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    def pages(part: object) -> list[str]:
        if isinstance(part, dict):
            return [page for below in part.values() for page in pages(below)]
        return [page for below in part for page in pages(below)] if isinstance(part, list) else [str(part)]

    listed = pages(tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"])
    assert sorted(listed) == sorted(str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md"))


def test_every_recipe_has_environments_in_the_documents() -> None:
    shown = {yaml.safe_load(block.text)["recipe"] for block in blocks("yaml") if is_whole(block)}
    recipes = {"deepseek-api", "deepseek-sagemaker", "deepseek-bedrock", "semantic-search", "openai-chat", "serverless"}
    assert shown >= recipes


def named_tests() -> list[str]:
    return re.findall(r"`(tests/[a-z0-9_/]+\.py::[a-z0-9_]+)`", (ROOT / "docs" / "security.md").read_text())


def test_each_line_of_the_threat_model_names_a_test() -> None:
    section = (ROOT / "docs" / "security.md").read_text().partition("## Boundaries")[2].partition("## What remains")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ") and not line.startswith(("| who", "| ---"))]
    assert len(lines) > 20
    assert [line for line in lines if "`tests/" not in line] == []


def test_each_test_that_the_threat_model_names_exists() -> None:
    names = {tuple(name.split("::")) for name in named_tests()}
    assert len(names) > 50
    texts = {file: (ROOT / file).read_text() for file, _ in names}
    assert [(file, name) for file, name in names if not re.search(rf"^def {name}\(", texts[file], re.MULTILINE)] == []


def test_lines_of_prose_are_no_longer_than_those_of_code() -> None:
    """Tables, code, and lines that are one address or picture may be longer."""
    long = []
    for page in [*PAGES, ROOT / "CHANGELOG.md"]:
        fenced = False
        for number, line in enumerate(page.read_text().splitlines(), 1):
            fenced ^= line.lstrip().startswith("```")
            prose = not fenced and not line.lstrip().startswith(("|", "!["))
            if prose and len(line) > 120 and max(map(len, line.split())) <= 80:
                long.append(f"{page.name}:{number}")
    assert long == []


def records() -> dict[int, tuple[str, str]]:
    """The title and the file of each decision record, by its number."""
    records = {}
    for file in sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md")):
        heading = re.fullmatch(r"# (\d+)\. (.+)", file.read_text().splitlines()[0])
        assert heading, file
        assert int(heading[1]) == int(file.name[:4]), file
        records[int(heading[1])] = (heading[2], file.name)
    return records


def test_each_decision_record_is_in_the_index_with_its_title() -> None:
    index = (ROOT / "docs" / "decisions" / "index.md").read_text()
    rows = re.findall(r"^\| (\d+) \| \[(.+)\]\((.+)\) \|$", index, re.MULTILINE)
    listed = [(int(number), title, file) for number, title, file in rows]
    assert listed == [(number, *record) for number, record in sorted(records().items())]


def test_the_index_names_each_missing_number_of_a_decision_record() -> None:
    index = (ROOT / "docs" / "decisions" / "index.md").read_text()
    match = re.search(r"^Numbers are missing .*: (.+)\.$", index, re.MULTILINE)
    assert match
    numbers = records()
    assert {int(number) for number in re.findall(r"\d+", match[1])} == set(range(1, max(numbers))) - set(numbers)
