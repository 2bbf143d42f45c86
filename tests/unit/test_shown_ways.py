"""Each block and each command of the documents is executed: a new one has a way, or names why it has none."""

import re

import pytest

from tests.shown.blocks import PAGES, ROOT, Block, blocks
from tests.shown.commands import Command, commands
from tests.shown.ways import BLOCKS, COMMANDS, NOT_RUN, WORDS, Way, way_of, way_of_block


@pytest.mark.parametrize("block", blocks(), ids=str)
def test_each_block_has_a_way_to_be_executed(block: Block) -> None:
    assert way_of_block(block), (
        f"{block}: no way of tests/shown/ways.py executes {block.language or 'a block without language'}"
    )


@pytest.mark.parametrize("command", commands(), ids=str)
def test_each_command_has_a_way_to_be_executed(command: Command) -> None:
    assert command.text in NOT_RUN or way_of(command), f"{command}: no way of tests/shown/ways.py executes it"


@pytest.mark.parametrize("way", [*BLOCKS, *COMMANDS], ids=lambda way: way.name)
def test_each_way_is_taken_by_a_test_that_knows_it(way: Way) -> None:
    taken = {of.name for of in (*map(way_of_block, blocks()), *map(way_of, commands())) if of}
    assert way.name in taken
    assert re.search(r"from tests\.shown|from tests\.e2e import .*\bdocuments\b", (ROOT / way.test).read_text())


def test_each_exception_is_about_something_that_is_shown() -> None:
    assert NOT_RUN.keys() <= {command.text for command in commands()}
    assert {(of, page) for of, pages in WORDS.items() for page in pages} <= {(of.language, of.page) for of in blocks()}


@pytest.mark.parametrize(
    "block",
    [
        Block("docs/none.md", 1, "", "osml status"),
        Block("docs/none.md", 1, "text", "a new text"),
        Block("docs/none.md", 1, "javascript", "fetch('/')"),
    ],
    ids=lambda block: block.language,
)
def test_a_block_that_nothing_executes_is_noticed(block: Block) -> None:
    assert way_of_block(block) is None


def test_a_command_that_nothing_executes_is_noticed() -> None:
    assert way_of(Command("docs/none.md", 1, "npx cdk deploy")) is None


def test_all_documents_are_read() -> None:
    assert {"README.md", "docs/assistant.md", "skills/osml/SKILL.md", "constructs/README.md"} <= {
        str(page.relative_to(ROOT)) for page in PAGES
    }
    assert (len(blocks()) > 100, len(commands()) > 140) == (True, True)
