"""`POST /v1/chat/completions` and `GET /v1/models`: what clients of OpenAI's API send and get."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

import ask
from rag import answering, own_settings
from rag.caller import Caller
from rag.events import Answered, Event, Sources, Stage, Text
from rag.failures import Throttled
from rag.models import Answer, Question, Source, Timings, TokenCount, UsedSentence
from rag.prompt import Turn
from reply import HandlerResponse
from tests.unit.edge_requests import SETTINGS, Context, event
from tests.unit.test_assistant_answering import answered, events, parts, stored

USED = [UsedSentence(start=0, end=4, score=0.9)]
SOURCES = [
    Source(id="a/b#1", document="a/b", title="Rules", text="Text.", score=0.9, used=USED),
    Source(id="u", document="https://example.com/x", text="More.", score=0.8, used=USED),
    Source(id="c", document="c", text="Unused.", score=0.7),
]
ANSWER = Answer(
    answer="Yes. Indeed.",
    grounded=True,
    sources=SOURCES,
    model="m",
    tokens=TokenCount(read=30, written=4),
    conversation_id=None,
    timings=Timings(total_ms=3),
)
COUNTED = {"prompt_tokens": 30, "completion_tokens": 4, "total_tokens": 34}
USER = {"role": "user", "content": "Why?"}
WHERE = {"requestContext": {"domainName": "api.example.com", "path": "/dev/v1/chat/completions"}}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ASSISTANT", json.dumps(SETTINGS))
    own_settings.settings.cache_clear()
    yield
    own_settings.settings.cache_clear()


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """The questions and turns that reach the core, which answers ANSWER."""
    arrived: list[tuple[str, Any]] = []

    def core(
        question: Question, caller: Caller, seconds: float, turns: Any = None, usage: Any = None
    ) -> Iterator[Event]:
        arrived.append((question.question, turns))
        yield Stage("searching")
        yield Sources(SOURCES)
        yield Text("Yes. ")
        yield Text("Indeed.")
        yield Answered(ANSWER)

    monkeypatch.setattr(answering, "answer", core)
    return arrived


def called(method: str, path: str, body: Any = None) -> HandlerResponse:
    made = event(method, path, body)
    made["requestContext"] |= WHERE["requestContext"]
    return ask.answer(made, Context())  # type: ignore[arg-type]


def completed(*messages: dict[str, Any], **more: Any) -> tuple[int, dict[str, Any]]:
    reply = called("POST", "/v1/chat/completions", {"model": "osml", "messages": [*messages], **more})
    return reply.status, json.loads(b"".join(reply.body))


def test_an_answer_has_openais_form_with_citations_and_ours_beside_it(heard: list[Any]) -> None:
    status, said = completed(USER, temperature=0.2, max_tokens=5, user="somebody")
    assert (status, heard) == (200, [("Why?", [])])
    assert (said["object"], said["model"]) == ("chat.completion", "osml")
    [choice] = said["choices"]
    assert (choice["finish_reason"], choice["message"]["role"]) == ("stop", "assistant")
    assert choice["message"]["content"] == "Yes. Indeed."
    cited = [citation["url_citation"] for citation in choice["message"]["annotations"]]
    assert [(cite["title"], cite["url"], cite["start_index"], cite["end_index"]) for cite in cited] == [
        ("Rules", "https://api.example.com/dev/passages?document=a%2Fb", 0, 12),
        ("https://example.com/x", "https://example.com/x", 0, 12),
    ]
    assert said["osml"]["sources"][0]["id"] == "a/b#1"
    assert said["usage"] == COUNTED


def test_an_answer_without_a_model_counts_no_tokens(heard: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    passages = ANSWER.model_copy(update={"answer": None, "model": None, "tokens": None})
    monkeypatch.setattr(answering, "answer", lambda *_, **__: iter([Answered(passages)]))
    assert set(completed(USER)[1]["usage"].values()) == {0}


def test_a_stream_tells_its_tokens_if_they_are_asked_for(heard: list[Any]) -> None:
    body = {"model": "osml", "messages": [USER], "stream": True, "stream_options": {"include_usage": True}}
    frames = b"".join(called("POST", "/v1/chat/completions", body).body).decode().split("\n\n")
    assert frames[-2:] == ["data: [DONE]", ""]
    last = json.loads(frames[-3].removeprefix("data: "))
    assert (last["choices"], last["usage"]) == ([], COUNTED)


def test_a_stream_has_chunks_and_ends_with_done(heard: list[Any]) -> None:
    reply = called("POST", "/v1/chat/completions", {"model": "osml", "messages": [USER], "stream": True})
    text = b"".join(reply.body).decode()
    frames = [frame.removeprefix("data: ") for frame in text.split("\n\n") if frame and not frame.startswith(":")]
    assert frames.pop() == "[DONE]"
    choices = [json.loads(frame)["choices"][0] for frame in frames]
    assert choices[0]["delta"] == {"role": "assistant", "content": "Yes. "}
    assert choices[1]["delta"] == {"content": "Indeed."}
    assert [choice["finish_reason"] for choice in choices] == [None, None, "stop"]
    assert len(choices[2]["delta"]["annotations"]) == 2
    assert len({json.loads(frame)["id"] for frame in frames}) == 1
    assert reply.headers["Content-Type"] == "text/event-stream; charset=utf-8"


def test_the_messages_before_the_last_are_the_conversation(heard: list[Any]) -> None:
    completed(
        {"role": "system", "content": "Speak like a pirate."},
        {"role": "user", "content": [{"type": "text", "text": "Is there"}, {"type": "text", "text": "a shop?"}]},
        {"role": "user", "content": "In Boston?"},
        {"role": "assistant", "content": "Yes."},
        {"role": "user", "content": "Never answered"},
        {"role": "assistant", "content": "No."},
        USER,
    )
    assert heard == [("Why?", [Turn("Is there\na shop?\nIn Boston?", "Yes."), Turn("Never answered", "No.")])]


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"model": "gpt-4"}, 404, "There is no model with this name. Use osml."),
        ({"messages": []}, 400, "`messages` has 0 entries; the minimum is 1."),
        ({"messages": [{"role": "assistant", "content": "Yes."}]}, 400, "The last message is not the user's."),
        ({"messages": [{"role": "user", "content": " "}]}, 400, "`question` is too short"),
        ({"messages": [{"role": "tool", "content": "x"}]}, 400, "`messages[0].role`"),
        ({"n": 2}, 400, "`n` is too large; the maximum is 1."),
        ({"tools": [{}]}, 400, "`tools` has 1 entry; the maximum is"),
        ({"stream": "yes"}, 400, "`stream` is a string"),
    ],
)
def test_what_is_wrong_is_a_sentence_in_openais_form(
    heard: list[Any], change: dict[str, Any], status: int, said: str
) -> None:
    reply = called("POST", "/v1/chat/completions", {"model": "osml", "messages": [USER], **change})
    answer = json.loads(b"".join(reply.body))
    assert (reply.status, heard) == (status, [])
    assert answer["error"]["message"].startswith(said)
    assert (answer["error"]["type"], bool(answer["error"]["code"])) == ("invalid_request_error", True)


@pytest.mark.parametrize("stream", [False, True])
def test_a_failure_is_openais_also_within_a_stream(monkeypatch: pytest.MonkeyPatch, stream: bool) -> None:
    def core(
        question: Question, caller: Caller, seconds: float, turns: Any = None, usage: Any = None
    ) -> Iterator[Event]:
        yield Stage("searching")
        raise Throttled("The answer model is rate-limiting requests. Try again soon.", "429", 3)

    monkeypatch.setattr(answering, "answer", core)
    reply = called("POST", "/v1/chat/completions", {"model": "osml", "messages": [USER], "stream": stream})
    body = b"".join(reply.body).decode()
    answer = json.loads(body.rpartition("data: ")[2])
    assert answer["error"]["message"].startswith("The answer model is rate-limiting")
    assert (reply.status, reply.headers.get("Retry-After")) == ((200, None) if stream else (429, "3"))


def test_a_blocked_answer_says_so_and_without_a_model_the_passages_are_the_answer() -> None:
    from completions import Completions

    blocked = ANSWER.model_copy(update={"blocked": "answer", "sources": []})
    said = json.loads(Completions("dev", [], "1", "https://x").whole(blocked))
    assert said["choices"][0]["finish_reason"] == "content_filter"
    completion = json.loads(Completions("dev", [], "1", "https://x").whole(ANSWER.model_copy(update={"answer": None})))
    assert (
        completion["choices"][0]["message"]["content"] == "Rules: Text.\n\nhttps://example.com/x: More.\n\nc: Unused."
    )
    assert len(completion["choices"][0]["message"]["annotations"]) == 3


def test_there_is_one_model() -> None:
    reply = called("GET", "/v1/models")
    listed = json.loads(b"".join(reply.body))
    assert (listed["object"], [model["id"] for model in listed["data"]]) == ("list", ["osml"])


def test_models_to_choose_are_listed_and_the_chosen_one_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deepseek = {"provider": "deepseek", "secret": {"name": "osml/key"}}
    settings = {**SETTINGS, "answer": deepseek, "models": {"thorough": {**deepseek, "thinking": True}}}
    monkeypatch.setenv("ASSISTANT", json.dumps(settings))
    models_asked: list[str | None] = []

    def core(question: Question, *_: Any, **__: Any) -> Iterator[Event]:
        models_asked.append(question.model)
        yield Answered(ANSWER)

    monkeypatch.setattr(answering, "answer", core)
    listed = json.loads(b"".join(called("GET", "/v1/models").body))
    assert [model["id"] for model in listed["data"]] == ["osml", "deepseek-flash", "thorough"]
    for name, chosen in {"osml": None, "thorough": "thorough", "deepseek-flash": "deepseek-flash"}.items():
        status, said = completed(USER, model=name)
        assert (status, said["model"], models_asked.pop()) == (200, name, chosen)
    status, said = completed(USER, model="gpt")
    assert status == 404
    assert "osml or deepseek-flash or thorough" in said["error"]["message"]


@pytest.mark.parametrize("turns", [[], [Turn("Before?", "Yes.")]])
def test_a_conversation_that_the_client_holds_is_not_stored(turns: Sequence[Turn]) -> None:
    made = parts(["At nine."])
    *_, last = list(answering.answer(Question(question="When?"), Caller("alice", "reader", None), 20, made, turns))
    answered(last).keep()
    assert stored(made) == []
    assert answered(last).answer.conversation_id is None
    assert events(parts(["At nine."]))
