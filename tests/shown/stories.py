"""The commands that the tests with a real engine run: calls with the words of a command as literals."""

import ast
from functools import cache

from tests.shown.blocks import ROOT
from tests.shown.commands import Command

FOLDERS = ("tests/e2e", "tests/contract")
# Options that name the place, and nothing that a command does.
PLACE = ("--env", "--sandbox")


@cache
def runs() -> tuple[frozenset[str], ...]:
    """The literal words of each call that could be a command."""
    trees = (ast.parse(file.read_text()) for folder in FOLDERS for file in sorted((ROOT / folder).rglob("*.py")))
    calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call | ast.List | ast.Tuple))
    return tuple(frozenset(words) for call in calls if len(words := _words(call)) > 0)


def _words(node: ast.Call | ast.List | ast.Tuple) -> list[str]:
    items = node.args if isinstance(node, ast.Call) else node.elts
    return [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]


def is_run(command: Command) -> bool:
    """Whether a test runs the command with all its options; values of options may be others."""
    words = command.words[1:]
    verbs = [word for word in words[:2] if not word.startswith("-")]
    if verbs[0] not in GROUPS:
        verbs = verbs[:1]
    wanted = {*verbs, *(word for word in words if word.startswith("-") and word not in PLACE)}
    return any(wanted <= run for run in runs())


# Commands with commands of their own.
GROUPS = {"sandbox", "secret"}
