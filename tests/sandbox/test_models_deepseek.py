"""DeepSeek's chat API: key, shapes, refusals, streaming, and forwarding to a real model."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.cache import cache_directory
from sandbox.models.assembly import model_server
from sandbox.models.key import KeyFile
from sandbox.models.weights import weights_directory

KEY, OTHER_KEY = "sk-right-0123456789", "sk-other-9876543210"
HOST = "_aws/api.deepseek.com"
DOCUMENT = "SEARCH RESULT 1: The shop opens at nine."
QUESTION = "QUESTION: When does the shop open?\n"
MESSAGES = [
    {"role": "system", "content": [{"type": "text", "text": "Be kind."}]},
    {"role": "user", "content": [{"type": "text", "text": text} for text in (DOCUMENT, QUESTION, "ANSWER:")]},
]
QUOTED = "The shop opens at nine. [1]"
SPOKEN: dict[str, Any] = {"model": "deepseek-flash", "messages": MESSAGES, "thinking": {"type": "disabled"}}
THOUGHT: dict[str, Any] = {"model": "deepseek-flash", "messages": MESSAGES}
FUNCTION = {"name": "search", "arguments": "{}"}
CALLED = [
    {"role": "assistant", "content": "", "tool_calls": [{"id": "1", "type": "function", "function": FUNCTION}]},
    {"role": "tool", "tool_call_id": "1", "content": "Nothing."},
]


@pytest.fixture(scope="module")
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models") / "key"


@pytest.fixture(scope="module")
def server(key_file: Path) -> Iterator[str]:
    with model_server(0, weights_directory(cache_directory()), key_file).running() as url:
        yield url


@pytest.fixture(autouse=True)
def right_key(key_file: Path) -> None:
    key_file.write_text(f"{KEY}\n")


def ask(server: str, body: Any, key: str | None = f"Bearer {KEY}", path: str = "/v1") -> requests.Response:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {} if key is None else {"Authorization": key}
    return requests.post(f"{server}/{HOST}{path}/chat/completions", data=data, headers=headers, timeout=60)


@pytest.mark.parametrize("path", ["/v1", ""])
def test_chat(server: str, path: str) -> None:
    answer = ask(server, SPOKEN, path=path).json()
    assert (answer["object"], answer["model"]) == ("chat.completion", "deepseek-flash")
    choice = answer["choices"][0]
    assert (choice["finish_reason"], choice["message"]["role"]) == ("stop", "assistant")
    assert choice["message"]["content"].startswith(QUOTED)
    assert "reasoning_content" not in choice["message"]
    assert "think>" not in choice["message"]["content"]
    usage = answer["usage"]
    assert usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"] > 20


@pytest.mark.parametrize("more", [{}, {"thinking": {"type": "enabled"}}, {"model": "deepseek-v4-pro"}])
def test_it_thinks_apart_unless_thinking_is_disabled(server: str, more: dict[str, Any]) -> None:
    answer = ask(server, {**THOUGHT, **more}).json()
    message = answer["choices"][0]["message"]
    assert message["content"].startswith(QUOTED)
    assert "document" in message["reasoning_content"]
    assert answer["usage"]["completion_tokens_details"]["reasoning_tokens"] > 5


def test_limit_and_stop(server: str) -> None:
    body = SPOKEN
    short = ask(server, {**body, "max_tokens": 2}).json()["choices"][0]
    assert (short["message"]["content"], short["finish_reason"]) == ("The shop", "length")
    stopped = ask(server, {**body, "stop": " opens"}).json()["choices"][0]
    assert (stopped["message"]["content"], stopped["finish_reason"]) == ("The shop", "stop")


def test_thoughts_count_against_the_limit(server: str) -> None:
    whole = ask(server, THOUGHT).json()
    thoughts = whole["usage"]["completion_tokens_details"]["reasoning_tokens"]
    cut = ask(server, {**THOUGHT, "max_tokens": thoughts + 2}).json()["choices"][0]
    assert (cut["message"]["content"], cut["finish_reason"]) == ("The shop", "length")
    silent = ask(server, {**THOUGHT, "max_tokens": thoughts - 1}).json()
    assert (silent["choices"][0]["message"]["content"], silent["choices"][0]["finish_reason"]) == ("", "length")
    assert silent["usage"]["completion_tokens"] == thoughts - 1


@pytest.mark.parametrize("path", ["/v1", ""])
def test_it_lists_its_models(server: str, path: str) -> None:
    url = f"{server}/{HOST}{path}/models"
    listed = requests.get(url, headers={"Authorization": f"Bearer {KEY}"}, timeout=60).json()
    assert [document["id"] for document in listed["data"]] == ["deepseek-flash", "deepseek-v4-pro"]
    assert requests.get(url, timeout=60).status_code == 401
    assert requests.post(url, headers={"Authorization": f"Bearer {KEY}"}, timeout=60).status_code == 404


@pytest.mark.parametrize("name", ["deepseek-v4-flash", "deepseek-v4-flash-vision-exp"])
def test_a_name_that_is_led_to_another_model_answers_under_that_name(server: str, name: str) -> None:
    assert ask(server, {**SPOKEN, "model": name}).json()["model"] == "deepseek-flash"


def test_without_tool_calls_a_conversation_needs_no_earlier_thoughts(server: str) -> None:
    earlier = [{"role": "user", "content": "Is there a shop?"}, {"role": "assistant", "content": "Yes."}]
    assert ask(server, {**THOUGHT, "messages": [*earlier, *MESSAGES]}).status_code == 200


@pytest.mark.parametrize("body", [SPOKEN, THOUGHT])
def test_stream_says_the_same(server: str, body: dict[str, Any]) -> None:
    whole = ask(server, body).json()
    answer = ask(server, {**body, "stream": True})
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    events = [line.removeprefix("data: ") for line in answer.content.decode().split("\n\n") if line]
    assert events.pop() == "[DONE]"
    chunks = [json.loads(event) for event in events]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    for field in ("content", "reasoning_content"):
        assert "".join(delta.get(field) or "" for delta in deltas) == whole["choices"][0]["message"].get(field, "")
    assert chunks[-1]["usage"] == whole["usage"]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}


@pytest.mark.parametrize("key", [None, KEY, f"Basic {KEY}", "Bearer ", f"Bearer {OTHER_KEY}", f"Bearer {KEY[:-1]}"])
def test_wrong_key(server: str, key: str | None) -> None:
    answer = ask(server, {}, key)
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "authentication_error"
    assert answer.json()["error"]["message"].startswith("Authentication Fails")
    assert KEY not in answer.text
    assert OTHER_KEY[-4:] not in answer.text


def test_key_is_read_again_when_the_file_changes(server: str, key_file: Path) -> None:
    body = {"model": "deepseek-flash", "messages": MESSAGES}
    assert ask(server, body).status_code == 200
    key_file.write_text(OTHER_KEY)
    assert ask(server, body).status_code == 401
    assert ask(server, body, f"Bearer {OTHER_KEY}").status_code == 200
    key_file.unlink()
    assert ask(server, body, f"Bearer {OTHER_KEY}").status_code == 401
    key_file.write_text("")
    assert ask(server, body, "Bearer  ").status_code == 401


def test_two_keys_are_right_while_one_takes_over(tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys")
    (tmp_path / "keys").write_text("old\nnew\n")
    assert [keys.is_right(key) for key in ("old", "new", "old\nnew", "")] == [True, True, False, False]
    assert keys.value() == "old"
    (tmp_path / "keys").write_text("new\n")
    assert not keys.is_right("old")
    (tmp_path / "keys").write_text("\n")
    assert not keys.is_right("")
    assert not KeyFile(tmp_path / "absent").is_right("")


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"model": "deepseek-flash"}, 422, "missing field `messages`"),
        ({"messages": MESSAGES}, 422, "missing field `model`"),
        ({"model": "deepseek-flash", "messages": MESSAGES, "inputs": "a"}, 422, "unknown field `inputs`"),
        ({"model": "deepseek-flash", "messages": "hello"}, 422, "expected a sequence"),
        ({"model": "deepseek-flash", "messages": [{"role": "robot", "content": "a"}]}, 422, "role is none of"),
        ({"model": "deepseek-flash", "messages": [{"role": "user"}]}, 422, "content is neither"),
        ({"model": "deepseek-flash", "messages": [{"role": "user", "content": [{"text": "a"}]}]}, 422, "variant"),
        ({"model": "deepseek-flash", "messages": MESSAGES, "max_tokens": "9"}, 422, "max_tokens: invalid type"),
        ({"model": "deepseek-flash", "messages": MESSAGES, "stream": "yes"}, 422, "stream: invalid type"),
        ({"model": "deepseek-flash", "messages": MESSAGES, "temperature": 3}, 400, "Invalid temperature value"),
        ({"model": "deepseek-flash", "messages": MESSAGES, "max_tokens": 0}, 400, "Invalid max_tokens value"),
        ({"model": "deepseek-flash", "messages": []}, 400, "Empty input messages"),
        (
            {**THOUGHT, "model": "deepseek-chat"},
            400,
            "The supported API model names are deepseek-flash, deepseek-v4-pro, but you passed deepseek-chat.",
        ),
        ({**THOUGHT, "model": "deepseek-reasoner"}, 400, "but you passed deepseek-reasoner."),
        ({**THOUGHT, "thinking": "disabled"}, 422, "thinking: expected an object"),
        ({**THOUGHT, "thinking": {"type": "off"}}, 422, "`enabled` or `disabled`"),
        ({**THOUGHT, "messages": [*MESSAGES, *CALLED]}, 400, "must be passed back to the API"),
        ([], 422, "expected a JSON object"),
        (b'{"model": "deepseek-flash", "messages": [{"role": "user", "content": "a\nb"}]}', 400, "as JSON"),
    ],
)
def test_refusals(server: str, body: Any, status: int, said: str) -> None:
    answer = ask(server, body)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert said in error["message"]
    assert set(error) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    "text", ['a "quoted" \\ word', "two\nlines", "😀 emoji", "مرحبا بالعالم", "\x00\x07", "\ud800"]
)
def test_any_text_goes_through(server: str, text: str) -> None:
    said = [
        {"role": "user", "content": f"SEARCH RESULT 1: The shop {text} is here.\nQUESTION: Where is the shop {text}?\n"}
    ]
    answer = ask(server, {"model": "deepseek-flash", "messages": said})
    assert answer.status_code == 200
    assert "is here." in answer.json()["choices"][0]["message"]["content"]


def test_forward_to_another_model(server: str, key_file: Path, tmp_path: Path) -> None:
    """The other side is this same API, under another key: the answer must contain its words."""
    caller_key, far_key = tmp_path / "near", tmp_path / "far"
    caller_key.write_text(OTHER_KEY)
    far_key.write_text(KEY)
    near = model_server(
        0, weights_directory(cache_directory()), caller_key, f"{server}/{HOST}/v1", far_key, "deepseek-v4-pro"
    )
    body = {"model": "deepseek-flash", "messages": MESSAGES}
    with near.running() as url:
        assert ask(url, body).status_code == 401
        answer = ask(url, body, f"Bearer {OTHER_KEY}").json()
        assert (answer["model"], answer["choices"][0]["message"]["content"][: len(QUOTED)]) == (
            "deepseek-v4-pro",
            QUOTED,
        )
        events = ask(url, {**body, "stream": True}, f"Bearer {OTHER_KEY}").text
        assert events.endswith("data: [DONE]\n\n")
        far_key.write_text("sk-wrong")
        assert ask(url, body, f"Bearer {OTHER_KEY}").status_code == 401


def test_forward_leaves_out_what_only_deepseek_takes(server: str, key_file: Path, tmp_path: Path) -> None:
    """The other side thinks by default, and must not receive the parameter that switches thinking off."""
    key = tmp_path / "key"
    key.write_text(KEY)
    near = model_server(0, weights_directory(cache_directory()), key, f"{server}/{HOST}/v1", key, "deepseek-v4-pro")
    with near.running() as url:
        assert "reasoning_content" in ask(url, SPOKEN).json()["choices"][0]["message"]


def test_a_model_server_that_is_not_there_is_a_502(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(KEY)
    weights = weights_directory(cache_directory())
    with model_server(0, weights, key, "http://127.0.0.1:9/v1", key, "any").running() as url:
        answer = ask(url, {"model": "deepseek-flash", "messages": MESSAGES})
    assert answer.status_code == 502
    assert "--answer-url" in answer.json()["error"]["message"]
    assert KEY not in answer.text


def test_an_answer_url_begins_with_http(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="begins with http"):
        model_server(0, weights_directory(cache_directory()), tmp_path, "ftp://host", tmp_path, "any")
