"""Tool calls in each API that has them, against endpoints that refuse what the real ones refuse."""

from typing import Any

import pytest

from rag.answer_model.chat import Chat
from rag.answer_model.converse import Converse
from rag.tool_prompt import SearchResult, SearchRound, ToolCaller, ToolPrompt
from rag.usage import Usage
from sandbox.models import chat_tools, converse_tools
from settings.answer.bedrock_converse import ConverseAnswer
from settings.answer.deepseek import DeepSeekAnswer
from settings.answer.openai import OpenAiAnswer
from settings.control_tokens import ALL
from tests.served_at import served_at
from tests.unit import assistant_models
from tests.unit.assistant_models import SECRET, TIMEOUTS, HeldSecret, Models, budget

served, models = assistant_models.served, assistant_models.models

NAMES = ["deepseek", "thinking", "openai", "converse"]
HOPS = "In which town is the seat of the maker of the Brixol pump?"
PUMP = ("pump", "The Brixol pump is made by Kernwerk.")
SEAT = ("kernwerk", "The seat of Kernwerk is the town of Torvik.")


def caller(name: str, models: Models) -> ToolCaller:
    url = models.at("api.deepseek.com/v1/chat/completions")
    if name == "converse":
        chosen = {"provider": "bedrock-converse", "model": "us.amazon.nova-lite-v1:0", "temperature": 0.2}
        return Converse(ConverseAnswer.model_validate(chosen), TIMEOUTS)
    if name == "openai":
        settings = {"provider": "openai", "endpoint": "api.deepseek.com", "model": "deepseek-flash", "secret": SECRET}
        return Chat(served_at(url, OpenAiAnswer, **settings), TIMEOUTS, HeldSecret())
    more = {"thinking": True} if name == "thinking" else {"max_tokens": 300}
    return Chat(served_at(url, DeepSeekAnswer, provider="deepseek", secret=SECRET, **more), TIMEOUTS, HeldSecret())


def prompt(question: str, *passages: tuple[str, str], rounds: tuple[SearchRound, ...] = ()) -> ToolPrompt:
    return ToolPrompt(question, ["Which pumps are there?"], SearchResult(passages), rounds, 3, {"year": "number"}, ALL)


@pytest.mark.parametrize("name", NAMES)
def test_a_question_of_two_steps(name: str, models: Models) -> None:
    model, usage = caller(name, models), Usage()
    choice = model.choice(prompt(HOPS, PUMP), budget(), usage)
    [call] = choice.calls
    assert "Kernwerk" in call.arguments["query"]
    assert usage.reported.read > 50
    # The second request contains the call and its result in the API's order; then the model asks for nothing more.
    done = SearchRound(choice, [SearchResult([SEAT])])
    assert model.choice(prompt(HOPS, PUMP, rounds=(done,)), budget(), usage).calls == []


@pytest.mark.parametrize("name", NAMES)
def test_parts_of_a_question_are_calls_of_one_round(name: str, models: Models) -> None:
    model = caller(name, models)
    question = "When does the shop open? And what does the Brixol pump cost?"
    choice = model.choice(prompt(question), budget(), Usage())
    assert [call.arguments["query"] for call in choice.calls] == [
        "When does the shop open?",
        "And what does the Brixol pump cost?",
    ]
    assert len({call.id for call in choice.calls}) == 2
    done = SearchRound(choice, [SearchResult([]), SearchResult([PUMP])])
    model.choice(prompt(question, rounds=(done,)), budget(), Usage())


@pytest.mark.parametrize("name", NAMES)
def test_a_model_that_has_all_it_needs_asks_for_nothing(name: str, models: Models) -> None:
    said = prompt("When does the shop open?", ("shop", "The shop opens at nine."))
    assert caller(name, models).choice(said, budget(), Usage()).calls == []


CALL = {"id": "a", "type": "function", "function": {"name": "search", "arguments": "{}"}}
ASSISTANT = {"role": "assistant", "content": "", "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "a", "content": "x"}
USER = {"role": "user", "content": "x"}
TOOL = {"type": "function", "function": {"name": "search", "parameters": {"type": "object"}}}


@pytest.mark.parametrize(
    ("more", "messages", "status", "said"),
    [
        ({"tools": {}}, [USER], 422, "expected a sequence"),
        ({"tools": [TOOL] * 129}, [USER], 400, "at most 128"),
        ({"tools": [{"type": "web"}]}, [USER], 422, "tools[0]"),
        ({"tools": [{"type": "function", "function": {}}]}, [USER], 422, "missing field `name`"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, [USER], 400, "does not match pattern"),
        (
            {"tools": [{"type": "function", "function": {"name": "a", "parameters": {"type": "array"}}}]},
            [USER],
            400,
            "must be of type 'object'",
        ),
        ({"tool_choice": "always"}, [USER], 422, "tool_choice"),
        ({}, [USER, RESULT], 400, "must be a response to a preceding message with 'tool_calls'"),
        ({}, [USER, ASSISTANT], 400, "insufficient tool messages following tool_calls message"),
        ({}, [USER, ASSISTANT, USER, RESULT], 400, "insufficient tool messages following tool_calls message"),
        ({}, [USER, ASSISTANT, RESULT, RESULT], 400, "must be a response to a preceding message"),
        ({}, [USER, {**ASSISTANT, "tool_calls": [{"id": "a"}]}], 422, "tool_calls"),
        ({}, [USER, {**ASSISTANT, "tool_calls": [{**CALL, "function": {"arguments": {}}}]}], 422, "arguments"),
        ({}, [USER, {**ASSISTANT, "tool_calls": [{**CALL, "function": {"arguments": "{"}}]}], 400, "not JSON"),
    ],
)
def test_the_chat_endpoint_refuses(more: Any, messages: Any, status: int, said: str) -> None:
    with pytest.raises(chat_tools.InvalidTools, match=r".") as refused:
        chat_tools.check({"messages": messages, **more})
    assert (refused.value.status, said in refused.value.message) == (status, True)


def test_the_chat_endpoint_takes_a_call_and_its_result() -> None:
    chat_tools.check({"messages": [USER, ASSISTANT, RESULT, USER], "tools": [TOOL], "tool_choice": "auto"})


SPEC = {"toolSpec": {"name": "search", "inputSchema": {"json": {"type": "object"}}}}
ASKED = {"role": "assistant", "content": [{"toolUse": {"toolUseId": "a", "name": "search", "input": {}}}]}
FOUND = {"role": "user", "content": [{"toolResult": {"toolUseId": "a", "content": [{"text": "x"}]}}]}
SAID = {"role": "user", "content": [{"text": "x"}]}


@pytest.mark.parametrize(
    ("config", "messages", "said"),
    [
        (None, [SAID, ASKED, FOUND], "toolConfig field must be defined"),
        ({}, [SAID], "at least one tool"),
        ({"tools": [{"toolSpec": {"name": "a"}}]}, [SAID], "inputSchema"),
        ({"tools": [{"toolSpec": {"name": "a b", "inputSchema": {"json": {"type": "object"}}}}]}, [SAID], "pattern"),
        ({"tools": [{"toolSpec": {"name": "a", "inputSchema": {"json": {}}}}]}, [SAID], "must be one of"),
        ({"tools": [SPEC]}, [SAID, ASKED], "Expected toolResult blocks at messages.2.content"),
        ({"tools": [SPEC]}, [SAID, ASKED, SAID], "Expected toolResult blocks at messages.2.content"),
        ({"tools": [SPEC]}, [SAID, FOUND], "exceeds the number of toolUse blocks"),
    ],
)
def test_the_converse_endpoint_refuses(config: Any, messages: Any, said: str) -> None:
    body = {"messages": messages} if config is None else {"messages": messages, "toolConfig": config}
    with pytest.raises(converse_tools.InvalidConverse, match=said):
        converse_tools.check(body)


def test_the_converse_endpoint_takes_a_call_and_its_result() -> None:
    converse_tools.check({"messages": [SAID, ASKED, FOUND], "toolConfig": {"tools": [SPEC]}})
