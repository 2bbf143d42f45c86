"""The tools of `osml mcp`, as the protocol's own client sees them; tests/e2e/test_lifecycle.py asks a deployed one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from mcp import Client

from osml import main as command_line
from osml.agents.tools import server
from osml.ask import asking
from osml.place import Place

# Importing the SDK of MCP takes longer than the tests.
pytestmark = pytest.mark.thorough

WHERE = Place("dev", None)


@pytest.fixture(autouse=True)
def without_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")


def called(tool: str, **arguments: Any) -> Any:
    async def call() -> Any:
        async with Client(server(WHERE)) as client:
            return await client.call_tool(tool, arguments)

    return asyncio.run(call())


def test_every_tool_reads_only_and_describes_what_it_takes_and_gives() -> None:
    async def listed() -> Any:
        async with Client(server(WHERE)) as client:
            return (await client.list_tools()).tools

    tools = {tool.name: tool for tool in asyncio.run(listed())}
    assert set(tools) == {"search", "ask", "list_documents", "get_document"}
    for tool in tools.values():
        assert tool.annotations.read_only_hint
        assert tool.description
        assert tool.input_schema["properties"]
        assert tool.output_schema["properties"]
    assert "passages" in tools["search"].output_schema["properties"]


def test_an_error_is_the_sentence_that_a_person_would_read_and_its_cause() -> None:
    result = called("search", question="?", filters={"title": ["a", "b"]})
    assert result.is_error
    assert "You must specify a region: set `region` in the environment's file" in result.content[0].text
    assert "(cause: no-region)" in result.content[0].text


def test_a_bug_tells_the_agent_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("sk-secret")

    monkeypatch.setattr(asking, "find", broken)
    result = called("search", question="?")
    assert result.is_error
    assert "sk-secret" not in str(result)


@pytest.mark.parametrize("arguments", [{}, {"question": "?", "size": 0}, {"question": "?", "size": 51}])
def test_arguments_out_of_range_are_refused_before_anything_is_asked(arguments: dict[str, Any]) -> None:
    assert called("search", **arguments).is_error


@pytest.mark.parametrize(
    ("options", "groups"), [([], ()), (["--as", "hr, board"], ("hr", "board")), (["--every-group"], None)]
)
def test_an_agent_sees_what_everybody_sees_unless_groups_are_named(
    options: list[str], groups: tuple[str, ...] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[Place] = []

    class Server:
        def __init__(self, where: Place) -> None:
            served.append(where)

        def run(self) -> None:
            pass

    monkeypatch.setattr("osml.commands.mcp.place", lambda *_: WHERE)
    monkeypatch.setattr("osml.agents.tools.server", Server)
    monkeypatch.setattr("sys.argv", ["osml", "mcp", "--env", "dev", *options])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert not ended.value.code
    assert [where.groups for where in served] == [groups]
    assert served[0].caller.groups == (None if groups is None else frozenset(groups))
