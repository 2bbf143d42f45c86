"""What the documents show and nobody runs is true: targets of make, bodies, questions, pictures, and plain text."""

import ast
import json
import re
import subprocess
from itertools import takewhile
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from osml.evaluate.evaluation import read
from sandbox.domain_hosts import host
from sandbox.instance import ACCOUNT, REGION
from settings.environment_parts import PARTS
from tests.shown.answers import difference
from tests.shown.blocks import ROOT, Block, block, blocks, spans
from tests.shown.commands import commands
from tests.shown.printed import unprinted
from tests.shown.ways import way_of_block

OPENAPI = json.loads((ROOT / "docs" / "openapi.json").read_text())
BODIES = [
    block
    for block in blocks("json")
    if (way := way_of_block(block)) and way.name in ("body of the API", "answers of the API")
]


def schema_of(block: Block) -> str | None:
    """The name of the schema of the API that has all keys of a body, and that the body fulfils."""
    body = json.loads(block.text)
    for name, schema in OPENAPI["components"]["schemas"].items():
        document = {**schema, "components": OPENAPI["components"], "additionalProperties": False}
        if "properties" in schema and Draft202012Validator(document).is_valid(body):
            return str(name)
    return None


@pytest.mark.parametrize("block", BODIES, ids=str)
def test_a_body_has_the_form_that_the_description_of_the_api_gives_it(block: Block) -> None:
    assert schema_of(block) is not None


def test_a_body_of_another_form_is_seen() -> None:
    assert schema_of(Block("docs/none.md", 1, "json", '{"stored": 1, "failed": 0, "nothing": 1}')) is None
    assert schema_of(Block("docs/none.md", 1, "json", '{"answer": "x"}')) is None


@pytest.mark.parametrize(
    ("shown", "real", "at"),
    [
        ({"a": 1}, {"b": 1}, "the same keys"),
        ({"a": [{"b": "x"}]}, {"a": [{"b": "y"}]}, ".a[0].b is 'y'"),
        ({"a": False}, {"a": 1}, ".a is 1"),
        ({"a": None}, {"a": 1}, ".a is 1"),
        ([1, 2], [1], "only 1"),
    ],
)
def test_an_answer_that_differs_is_seen(shown: object, real: object, at: str) -> None:
    assert at in (difference(shown, real) or "")


def test_numbers_ids_and_words_of_a_model_may_differ() -> None:
    shown = {"answer": "No.", "id": "0f8fad5bd9cb469fa16570867728950e-1", "ms": 1, "url": "x", "text": "a … c"}
    real = {"answer": "Yes.", "id": "1f8fad5bd9cb469fa16570867728950e-1", "ms": 2.5, "url": "y", "text": "a b c"}
    assert difference(shown, real) is None


def test_a_line_that_is_not_printed_is_seen() -> None:
    assert unprinted("✓ 3 roles: 'x' …\n  y", "✓ 1 role: 'z' a b\n  y") == []
    assert unprinted("✓ 3 roles\n✗ 2 models", "✓ 1 role\n✓ 2 models") == ["✗ 2 models"]


def test_a_labelled_question_is_one_that_evaluate_reads(tmp_path: Path) -> None:
    [shown] = [block for block in blocks("json") if (way := way_of_block(block)) and way.name == "labelled question"]
    (tmp_path / "questions.ndjson").write_text(shown.text)
    assert [labelled.question for labelled in read(tmp_path / "questions.ndjson")] == ["What is FX-31?"]


TARGETS = sorted(
    {command.words for command in commands() if command.words[0] == "make"}
    | {(*span.text.split(),) for span in spans() if re.fullmatch(r"make [a-z].*", span.text)}
)


@pytest.mark.parametrize("words", TARGETS, ids=" ".join)
def test_make_has_the_target(words: tuple[str, ...]) -> None:
    dry = subprocess.run([words[0], "--dry-run", *words[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert dry.returncode == 0, dry.stderr


def test_the_tree_shows_what_exists() -> None:
    folder, shown = ROOT, []
    for line in block("docs/architecture.md", "text").text.splitlines():
        names = list(takewhile(re.compile(r"\w+(/\w+)*(/|\.\w+)").fullmatch, line.split()))
        folder = ROOT / names[0] if names and not line.startswith(" ") else folder
        shown += [(folder if line.startswith(" ") else ROOT) / name for name in names]
    assert len(shown) > 50
    assert [path for path in shown if not path.exists()] == []


def test_the_picture_shows_the_stacks() -> None:
    picture = block("README.md", "mermaid").text
    assert set(re.findall(r"stack osml-ENV-(\w+)", picture)) <= set(PARTS)


def test_the_hosts_file_gets_the_name_of_the_domain() -> None:
    address, name = block("docs/sandbox.md", "text").text.split()
    arn = f"arn:aws:es:{REGION}:{ACCOUNT}:domain/osml-sandbox"
    assert (address, name) == ("127.0.0.1", host("osml-sandbox", arn, lambda _: [address]))


def test_the_arithmetic_uses_the_rates_that_follow_it() -> None:
    page = (ROOT / "docs" / "scaling.md").read_text()
    name, _, formula = block("docs/scaling.md", "text").text.partition(" = ")
    words = {node.id for node in ast.walk(ast.parse(formula.strip())) if isinstance(node, ast.Name)} - {"min"}
    assert (name, words - set(re.findall(r"^- \*\*(\w+)\*\*", page, re.MULTILINE))) == ("seconds", {"documents"})


def test_the_query_of_the_log_uses_the_fields_of_a_finding() -> None:
    query = block("docs/operations.md", "text").text
    fields = re.findall(r'"(\w+)": finding\.', (ROOT / "lambda" / "keeper" / "report.py").read_text())
    assert query.partition("display ")[2].strip().split(", ") == ["@timestamp", *fields]
