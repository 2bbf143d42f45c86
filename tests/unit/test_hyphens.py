"""Arguments and values that begin with a hyphen, at each command that takes one; OpenSearch makes such ids."""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from typing import Any

import pytest
import typer
from hypothesis import assume, given
from hypothesis import strategies as st
from typer.core import TyperArgument, TyperOption
from typer.testing import CliRunner

from osml.command import is_option
from osml.main import app
from tests.unit.parser_table import OWN, VALUED

ARGUED = {
    words: [part for part in command.params if isinstance(part, TyperArgument)]
    for words, command in OWN.items()
    if any(isinstance(part, TyperArgument) for part in command.params)
}
# Ids of OpenSearch, a file, a question, a number, and an option that is no option.
HYPHENED = ["-k3Zq_0x-Bc1dEfGhIjK", "--3Zq_0x-Bc1dEfGhIjK", "-eZq_0x-Bc1dEfGhIjKl", "-notes.md", "-40 °C?", "-5", "-"]


def parsed(words: tuple[str, ...], *rest: str) -> dict[str, Any]:
    command = OWN[words]
    parameters: dict[str, Any] = command.make_context(" ".join(words), list(rest)).params
    return parameters


def said(*words: str) -> str:
    result = CliRunner().invoke(app, [*words], env={"COLUMNS": "200", "NO_COLOR": "1"})
    assert result.exit_code == 2
    return " ".join(re.sub("[│╭╮╰╯─]", " ", result.output).split())


def test_the_commands_with_arguments_are_found() -> None:
    assert {("ask",), ("ingest",), ("documents", "show"), ("documents", "remove"), ("trace",)} < set(ARGUED)


@pytest.mark.parametrize("word", HYPHENED)
@pytest.mark.parametrize("words", sorted(ARGUED), ids=" ".join)
def test_an_argument_may_begin_with_a_hyphen(words: tuple[str, ...], word: str) -> None:
    [argument] = ARGUED[words]
    given = parsed(words, word)[str(argument.name)]
    assert [str(value) for value in (given if isinstance(given, list | tuple) else [given])] == [word]


@pytest.mark.parametrize(
    "words", sorted(words for words, parts in ARGUED.items() if parts[0].nargs == -1), ids=" ".join
)
def test_arguments_keep_their_order_between_options(words: tuple[str, ...]) -> None:
    [argument] = ARGUED[words]
    given = parsed(words, "a", "-b.md", "--env", "-dev", "c", "--sandbox", "--", "--json", "-e")
    assert [str(value) for value in given[str(argument.name)]] == ["a", "-b.md", "c", "--json", "-e"]
    assert (given["env"], given["sandbox"]) == ("-dev", True)


@pytest.mark.parametrize(
    ("words", "option"), VALUED, ids=lambda part: part if isinstance(part, str) else " ".join(part)
)
def test_an_option_takes_the_next_word_whatever_it_begins_with(words: tuple[str, ...], option: str) -> None:
    [name] = [part.name for part in OWN[words].params if option in part.opts]
    needed = [(part.opts[0], "x") for part in OWN[words].params if part.required and isinstance(part, TyperOption)]
    others = [word for pair in needed if pair[0] != option for word in pair]
    with suppress(typer.BadParameter):
        # A number, or one of several names, is refused as the option's value.
        given = parsed(words, option, HYPHENED[0], *others, *(["x"] if words in ARGUED else []))[str(name)]
        assert [str(value) for value in (given if isinstance(given, list | tuple) else [given])] == [HYPHENED[0]]


@given(st.integers(0xF8, 0xFB), st.binary(min_size=14, max_size=14))
def test_every_id_of_the_engine_that_begins_with_a_hyphen_is_an_argument(first: int, others: bytes) -> None:
    id = base64.urlsafe_b64encode(bytes([first, *others])).decode()
    assert id.startswith("-")
    assume(re.search("[A-Z0-9]", id))
    assert not is_option(id)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["ask", "-sandbox", "q"], "No such option: -sandbox. Write --sandbox, with two hyphens."),
        (["status", "-env", "dev"], "No such option: -env. Write --env, with two hyphens."),
        (["documents", "show", "-draft"], "Write -- before an argument that begins with a hyphen."),
        (["ingest", "--snadbox", "a.md"], "No such option: --snadbox (Possible options: --sandbox)"),
        (["ask", "--env", "dev", "q", "-E"], "No such option: -E. Write --"),
    ],
)
def test_a_misspelt_option_stays_an_option(words: list[str], sentence: str) -> None:
    assert sentence in said(*words)


def test_what_looks_like_an_option_is_an_argument_after_two_hyphens() -> None:
    assert parsed(("documents", "show"), "--", "-draft")["id"] == "-draft"
    assert parsed(("ask",), "--json", "--", "--env")["question"] == "--env"
