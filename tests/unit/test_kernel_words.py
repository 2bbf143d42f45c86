"""Marks, specifications, comparisons, and the vocabulary that others import."""

import ast
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mlcommons
from mlcommons import KINDS, Owner, kind_named, kinds
from mlcommons.compare import contradicts, flattened
from mlcommons.errors import InvalidSpec
from mlcommons.owner import digest_of, marked, read_mark
from mlcommons.spec import parse

NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,20}", fullmatch=True)


def test_the_kinds() -> None:
    files = {file.stem for file in Path(kinds.__file__).parent.glob("*.py")} - {"__init__", "pipeline_base"}
    assert {re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in KINDS} == files
    assert all(kind_named(f"Custom::Ml{name}") is kind for name, kind in KINDS.items())
    with pytest.raises(InvalidSpec, match="'Custom::MlThing'"):
        kind_named("Custom::MlThing")


def test_nothing_here_knows_lambda_aws_or_the_command_line() -> None:
    for file in Path(mlcommons.__file__).parent.rglob("*.py"):
        nodes = list(ast.walk(ast.parse(file.read_text())))
        imported = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
        imported |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
        assert not {name.split(".")[0] for name in imported} & {"crhelper", "boto3", "botocore", "argparse"}


@given(text=st.text(alphabet="abc .,!?():@-_'/\"", max_size=40), stack=NAMES, logical=NAMES, value=st.integers())
def test_a_mark_is_read_as_it_was_written(text: str, stack: str, logical: str, value: int) -> None:
    owner, digest = Owner(stack, logical), digest_of(value)
    assert read_mark(marked(text, owner)).owner == owner
    mark = read_mark(marked(text, owner, digest))
    assert (mark.owner, mark.digest) == (owner, digest)
    assert mark.text == text
    assert set(marked("", owner, digest)) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 -:/()")


@pytest.mark.parametrize("text", ["", None, "Hello", "(osml:stack)", "osml:stack/Id", "(osml:a/b) and more"])
def test_what_is_not_a_mark(text: str | None) -> None:
    assert read_mark(text).owner is None


@pytest.mark.parametrize("part", ["", "a/b", "a b", "ä", "(x)"])
def test_an_owner_that_would_break_its_mark(part: str) -> None:
    with pytest.raises(InvalidSpec):
        Owner("stack", part)


@dataclass(frozen=True)
class Inner:
    field: str


@dataclass(frozen=True)
class Outer:
    name: str
    body: dict[str, Any]
    roles: list[str]
    inner: Inner | None = None
    inners: list[Inner] = field(default_factory=list)


GOOD = {"name": "a", "body": {"x": 1}, "roles": ["r"]}


def test_a_specification() -> None:
    assert parse(Outer, GOOD, "it") == Outer("a", {"x": 1}, ["r"])
    assert parse(Outer, GOOD | {"inner": {"field": "f"}}, "it").inner == Inner("f")
    assert parse(Outer, GOOD | {"inners": [{"field": "f"}, {"field": "g"}]}, "it").inners == [Inner("f"), Inner("g")]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ([], "Reading it: it is a list. It must be a JSON object."),
        (GOOD | {"nam": 1}, "'nam' is not a field of it. Its fields are name, body, roles, inner, inners."),
        ({"name": "a"}, "the field 'body' is missing"),
        (GOOD | {"name": 1}, "Reading it's name: it is a number. It must be a string."),
        (GOOD | {"name": ""}, "it is empty"),
        (GOOD | {"roles": "r"}, "It must be a list of strings."),
        (GOOD | {"inner": {}}, "Reading it's inner: the field 'field' is missing"),
        (GOOD | {"inners": {"field": "f"}}, "Reading it's inners: it is an object. It must be a list of JSON objects."),
        (GOOD | {"inners": [{"field": "f"}, {}]}, "Reading it's inners number 2: the field 'field' is missing"),
    ],
)
def test_a_wrong_specification_dies_in_a_sentence(value: Any, sentence: str) -> None:
    with pytest.raises(InvalidSpec) as failure:
        parse(Outer, value, "it")
    assert sentence in str(failure.value)


@pytest.mark.parametrize(
    ("observed", "desired", "differs"),
    [
        ({"a": "1"}, {"a": 1}, False),
        ({"a": "true"}, {"a": True}, False),
        ({"method": {"name": "hnsw", "parameters": {}}}, {"method": {"name": "hnsw"}}, False),
        ({"type": "text"}, {"type": "text", "index": True}, False),
        ({"dimension": 384}, {"dimension": 1024}, True),
        ({}, {"title": {"type": "text"}}, True),
        ([1, 2], [1], True),
        ("a", {"b": 1}, True),
    ],
)
def test_contradictions(observed: Any, desired: Any, differs: bool) -> None:
    assert contradicts(observed, desired) is differs


def test_settings_are_one_level() -> None:
    nested = {"index": {"knn": True, "a": {"b": 1}}, "number_of_replicas": 0, "index.c": 2}
    assert flattened(nested) == {
        "index.knn": True,
        "index.a.b": 1,
        "index.number_of_replicas": 0,
        "index.c": 2,
    }
