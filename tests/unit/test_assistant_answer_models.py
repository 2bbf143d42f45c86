"""Answer models against the wire shapes of their APIs: streams, thoughts that are left out, and failures."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from corpus.tokens import count
from rag.answer_model import ModelCaller
from rag.answer_model.bedrock import Bedrock
from rag.answer_model.chat import Chat
from rag.answer_model.converse import Converse
from rag.answer_model.sagemaker import SageMaker
from rag.failures import AssistantRefused, Broken, RagFailure, Throttled, TimedOut, Unavailable
from rag.prompt import ModelInput, Turn
from rag.usage import Usage
from sandbox.models.json_handler import serving
from settings.answer.bedrock import BedrockAnswer
from settings.answer.bedrock_converse import ConverseAnswer
from settings.answer.deepseek import DeepSeekAnswer
from settings.answer.openai import OpenAiAnswer
from settings.answer.sagemaker import SageMakerAnswer
from settings.prompt import Prompt
from tests.served_at import served_at
from tests.unit import assistant_models
from tests.unit.assistant_models import KEY, SECRET, TIMEOUTS, HeldSecret, Models, budget

served, models = assistant_models.served, assistant_models.models

R1 = "us.deepseek.r1-v1:0"
IMPORTED = "arn:aws:bedrock:us-east-1:000000000000:imported-model/abc123def456"
NOVA = "us.amazon.nova-lite-v1:0"
TOLD = ModelInput(
    Prompt(system="Answer from the passages.", instructions="Be brief."),
    ["The shop opens at nine.", "Paris is the capital of France."],
    [Turn("Is there a shop?", "Yes.")],
    "When does the shop open?",
)
SAMPLING = {"temperature": 0.6, "top_p": 0.9, "max_tokens": 400}
NAMES = ["deepseek", "thinking", "openai", "sagemaker", "lmi", "bedrock", "imported", "converse-r1", "converse-nova"]


def chat(url: str, secret: HeldSecret | None = None, **more: Any) -> Chat:
    chosen = served_at(url, DeepSeekAnswer, **{"provider": "deepseek", "secret": SECRET, **more})
    return Chat(chosen, TIMEOUTS, secret or HeldSecret())


def made(name: str, models: Models) -> ModelCaller:
    url = models.at("api.deepseek.com/v1/chat/completions")
    models.endpoint.clear()
    models.endpoint.update({"name": "r1", "model": "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B"})
    if name == "lmi":
        models.endpoint["shape"] = "lmi"
    match name:
        case "deepseek":
            return chat(url)
        case "thinking":
            return chat(url, thinking=True)
        case "openai":
            chosen = {"provider": "openai", "endpoint": "api.deepseek.com", "model": "deepseek-flash", "secret": SECRET}
            openai = served_at(url, OpenAiAnswer, **chosen, temperature=0.5, max_tokens=400)
            return Chat(openai, TIMEOUTS, HeldSecret())
        case "sagemaker" | "lmi":
            return SageMaker(
                SageMakerAnswer.model_validate({"provider": "sagemaker", "endpoint": "r1", **SAMPLING}), TIMEOUTS
            )
        case "bedrock" | "imported":
            model = {"model": IMPORTED if name == "imported" else R1}
            return Bedrock(BedrockAnswer.model_validate({"provider": "bedrock", **model, **SAMPLING}), TIMEOUTS)
        case _:
            model = {"model": R1 if name == "converse-r1" else NOVA}
            return Converse(
                ConverseAnswer.model_validate({"provider": "bedrock-converse", **model, **SAMPLING}), TIMEOUTS
            )


def side(name: str) -> str:
    if name in ("sagemaker", "lmi"):
        return "sagemaker"
    return "deepseek" if name in ("deepseek", "thinking", "openai") else "bedrock"


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_comes_in_pieces_without_thoughts(models: Models, name: str) -> None:
    pieces = list(made(name, models).deltas(TOLD, budget()))
    text = "".join(pieces)
    assert text.startswith("The shop opens at nine. [1]")
    assert "think>" not in text
    assert "The question has" not in text
    assert "<｜" not in text
    assert len(pieces) > 1


@pytest.mark.parametrize("name", NAMES)
def test_tokens_are_counted_with_thoughts(models: Models, name: str) -> None:
    usage = Usage()
    said = "".join(made(name, models).deltas(TOLD, budget(), usage))
    reported = name not in ("sagemaker", "lmi", "bedrock")
    # A provider that reports tokens also reports those that it has read.
    assert usage.tokens.written >= count(said)
    assert usage.tokens.read > (count(TOLD.question) if reported else -1)
    assert (sum(usage.reported) > 0) == reported


def test_a_stream_that_is_left_early_is_estimated(models: Models) -> None:
    usage = Usage()
    pieces = made("converse-nova", models).deltas(TOLD, budget(), usage)
    first = next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert (usage.reported, usage.tokens) == ((0, 0), (0, count(first)))


@pytest.mark.parametrize("name", ["deepseek", "sagemaker", "bedrock", "converse-nova"])
@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        ({"throttle": 1.0}, Throttled),
        ({"fail": 1.0, "fail_status": 503}, Unavailable),
    ],
)
def test_faults(models: Models, name: str, fault: dict[str, Any], failure: type[RagFailure]) -> None:
    model = made(name, models)
    models.server.control.set(side(name), fault)
    with pytest.raises(failure, match="The answer model") as raised:
        list(model.deltas(TOLD, budget()))
    assert (raised.value.retry_after or 0) >= 1


@pytest.mark.parametrize("name", ["deepseek"])
def test_a_slow_model_ends_with_the_time_of_the_request(models: Models, name: str) -> None:
    model = made(name, models)
    models.server.control.set(side(name), {"delay_ms": 1500})
    with pytest.raises(TimedOut, match="took too long"):
        list(model.deltas(TOLD, budget(0.5)))


def test_a_model_that_only_thinks_says_what_to_raise(models: Models) -> None:
    few = {**SAMPLING, "max_tokens": 5}
    model = Bedrock(BedrockAnswer.model_validate({"provider": "bedrock", "model": R1, **few}), TIMEOUTS)
    with pytest.raises(Broken, match=r"Raise answer\.max_tokens"):
        list(model.deltas(TOLD, budget()))


@pytest.mark.parametrize(("thinking", "said"), [(False, "The shop opens at"), (True, None)])
def test_a_chat_model_reasons_only_on_request(models: Models, thinking: bool, said: str | None) -> None:
    url = models.at("api.deepseek.com/v1/chat/completions")
    chosen = served_at(url, DeepSeekAnswer, provider="deepseek", secret=SECRET, thinking=thinking)
    # Fewer tokens than an environment file may set.
    model = Chat(chosen.model_copy(update={"max_tokens": 4}), TIMEOUTS, HeldSecret())
    if said is not None:
        assert "".join(model.deltas(TOLD, budget())) == said
        return
    with pytest.raises(Broken, match=r"Raise answer\.max_tokens"):
        list(model.deltas(TOLD, budget()))


def test_a_retired_model_is_refused_in_the_words_of_its_provider(models: Models) -> None:
    model = chat(models.at("api.deepseek.com/v1/chat/completions"), model="deepseek-chat")
    with pytest.raises(Broken) as raised:
        list(model.deltas(TOLD, budget()))
    assert "supported API model names are deepseek-flash" in raised.value.said


def test_a_wrong_key_is_refused_forgotten_and_not_repeated(models: Models) -> None:
    secret = HeldSecret("sk-wrong-987654321")
    model = chat(models.at("api.deepseek.com/v1/chat/completions"), secret=secret)
    with pytest.raises(AssistantRefused) as raised:
        list(model.deltas(TOLD, budget()))
    assert "sk-wrong" not in f"{raised.value} {raised.value.said}"
    secret.held = KEY
    assert "nine" in "".join(model.deltas(TOLD, budget()))


def test_a_model_that_cannot_be_reached_is_unavailable() -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        list(chat("http://127.0.0.1:9/v1/chat/completions").deltas(TOLD, budget()))


class Scripted(BaseHTTPRequestHandler):
    """Answers any POST with the body that its path names; no real server sends such faulty answers on request."""

    protocol_version = "HTTP/1.0"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        kind, body = {
            "/broken-off": ("text/event-stream", event("The shop ") + event("opens")),
            "/not-json": ("text/event-stream", b"data: {nonsense\n\n"),
            "/error": ("text/event-stream", event("The shop ") + b'data: {"error": {"message": "overloaded"}}\n\n'),
            "/whole": ("application/json", json.dumps({"choices": [{"message": {"content": "At nine."}}]}).encode()),
            "/comments": ("text/event-stream", b": keep-alive\n\n" + event("At nine.", "stop") + b"data: [DONE]\n\n"),
            "/cut": ("text/event-stream", b""),
        }[self.path]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if self.path == "/cut":
            self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(body or event("The shop "))

    def log_message(self, *_: Any) -> None:
        return


def event(text: str, reason: str | None = None) -> bytes:
    return f"data: {json.dumps({'choices': [{'delta': {'content': text}, 'finish_reason': reason}]})}\n\n".encode()


@pytest.fixture(scope="module")
def scripted() -> Iterator[str]:
    with serving(Scripted) as url:
        yield url


@pytest.mark.parametrize(
    ("path", "failure"),
    [("/broken-off", Unavailable), ("/cut", Unavailable), ("/not-json", Broken), ("/error", Unavailable)],
)
def test_a_stream_that_goes_wrong(scripted: str, path: str, failure: type[RagFailure]) -> None:
    with pytest.raises(failure):
        list(chat(scripted + path).deltas(TOLD, budget()))


@pytest.mark.parametrize("path", ["/whole", "/comments"])
def test_a_server_with_habits_of_its_own(scripted: str, path: str) -> None:
    assert "".join(chat(scripted + path).deltas(TOLD, budget())) == "At nine."
