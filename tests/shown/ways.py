"""How each block and each command of the documents is executed: the first way whose condition it meets."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.shown.blocks import Block
from tests.shown.commands import Command

PROGRAMS = ("osml", "make")


@dataclass(frozen=True)
class Way:
    """`test` executes all blocks or commands for which `takes` is true and that no earlier way takes."""

    name: str
    test: str
    takes: Callable[[Any], bool]


def _begins(*beginnings: str) -> Callable[[Command], bool]:
    return lambda command: any(command.words[: len(words)] == words for words in map(_split, beginnings))


def _split(beginning: str) -> tuple[str, ...]:
    return tuple(beginning.split())


def _keys(block: Block) -> set[str]:
    return set(json.loads(block.text)) if block.language == "json" else set()


def follows_request(block: Block) -> bool:
    """Whether a block shows the answer to the request of the block above it."""
    return bool(block.language == "json" and block.after and block.after.text.startswith("curl "))


def is_script(block: Block | None) -> bool:
    """Whether a block has programs other than ours: it runs as one script of a shell."""
    return block is not None and any(
        Command(block.page, block.line, line, block).words[0] not in PROGRAMS
        for line in block.text.replace("\\\n", " ").splitlines()
    )


# What nobody runs: the name of each block's page, with what is tested of it.
WORDS = {
    "mermaid": {"README.md": "its stacks exist; GitHub and the site draw it"},
    "text": {
        "docs/architecture.md": "the folders exist",
        "docs/operations.md": "the fields of the query are those of a finding; no local CloudWatch runs queries",
        "docs/sandbox.md": "the line has the form of the hosts file, and the name is the one that the cloud gives",
        "docs/scaling.md": "its words are those of the table below it; it is arithmetic, not a program",
    },
}

BLOCKS: tuple[Way, ...] = (
    Way("settings", "tests/unit/test_shown_settings.py", lambda block: block.language == "yaml"),
    Way("commands", "tests/unit/test_shown_ways.py", lambda block: block.language == "sh"),
    Way("constructs", "tests/synth/test_library.py", lambda block: block.language == "python" and "ml." in block.text),
    Way("OpenAI's client", "tests/e2e/test_assistant.py", lambda block: "from openai import" in block.text),
    Way("requests to the engine", "tests/e2e/test_assistant.py", lambda block: block.language == "http"),
    Way("an agent's settings", "tests/e2e/test_assistant.py", lambda block: "mcpServers" in _keys(block)),
    Way("answers of the API", "tests/e2e/test_assistant.py", follows_request),
    Way("policy of a key", "tests/synth/test_encryption.py", lambda block: "Statement" in _keys(block)),
    Way("trust of a role", "tests/e2e/test_targets.py", lambda block: "Principal" in _keys(block)),
    Way("labelled question", "tests/unit/test_shown_words.py", lambda block: "relevant" in _keys(block)),
    Way("body of the API", "tests/unit/test_shown_words.py", lambda block: block.language == "json"),
    Way(
        "rehearsal", "tests/e2e/test_upgrade.py", lambda block: block.language == "text" and block.text.startswith("✓")
    ),
    Way("words", "tests/unit/test_shown_words.py", lambda block: block.page in WORDS.get(block.language, {})),
)

# Commands of scripts run with the others of their block.
COMMANDS: tuple[Way, ...] = (
    Way("targets of make", "tests/unit/test_shown_words.py", _begins("make")),
    Way(
        "without a cloud",
        "tests/unit/test_shown_offline.py",
        _begins("osml cost", "osml init", "osml size", "uvx osml"),
    ),
    Way("people", "tests/e2e/test_assistant_page.py", _begins("osml user", "osml page", "osml open")),
    Way("sources", "tests/e2e/test_assistant.py", _begins("osml sync")),
    Way(
        "stories",
        "tests/unit/test_shown_stories.py",
        _begins(
            *("osml deploy", "osml destroy", "osml diff", "osml preflight", "osml prove", "osml sandbox", "osml up"),
            *("osml backup", "osml restore", "osml secret", "osml import"),
        ),
    ),
    Way("script", "tests/e2e/test_assistant.py", lambda command: is_script(command.block)),
    Way("command line", "tests/e2e/test_assistant.py", _begins("osml")),
)
# Commands that no test runs, and why.
NOT_RUN = {
    "git clone <this repository> osml && cd osml": "The repository's address is the reader's.",
}


def way_of_block(block: Block) -> Way | None:
    return next((way for way in BLOCKS if way.takes(block)), None)


def way_of(command: Command) -> Way | None:
    return next((way for way in COMMANDS if way.takes(command)), None)
