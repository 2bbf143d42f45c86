"""The tests with a real engine run each command of the documents that makes or removes an environment."""

import pytest

from tests.shown.commands import Command, commands
from tests.shown.stories import is_run
from tests.shown.ways import way_of

MINE = {
    " ".join(command.words): command for command in commands() if (way := way_of(command)) and way.name == "stories"
}


@pytest.mark.parametrize("command", MINE.values(), ids=str)
def test_a_test_runs_the_command(command: Command) -> None:
    assert is_run(command)


@pytest.mark.parametrize("text", ["osml deploy --nothing", "osml sandbox nothing", "osml destroy --repair"])
def test_a_command_that_no_test_runs_is_seen(text: str) -> None:
    assert not is_run(Command("docs/none.md", 1, text))
