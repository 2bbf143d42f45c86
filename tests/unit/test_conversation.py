"""A conversation of `osml ask`: begun, continued, and shown. The recipes' tests cover what the engine does with it."""

from types import SimpleNamespace
from typing import Any

import pytest
import requests

from osml.ask import answer_view, asking, assistant
from osml.ask.conversation import opened
from osml.failure import Failure
from osml.remote.functions import FunctionResponse
from settings.access import Access
from settings.assistant import Assistant
from tests import answers
from tests.unit.test_question import KNOWLEDGE

MEMORY = "/_plugins/_ml/memory"


class Memory:
    """A domain with the conversation `known`, in which `b` was asked after `a`."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, Any]] = []

    def request(self, method: str, path: str, **_: Any) -> requests.Response:
        answer = requests.Response()
        answer.status_code = 200 if path == f"{MEMORY}/known" else 404
        return answer

    def send(self, method: str, path: str, body: Any) -> dict[str, Any]:
        self.sent.append((method, path, body))
        return {"memory_id": "made"}

    def patient(self, method: str, path: str, body: Any) -> dict[str, Any]:
        self.sent.append((method, path, body))
        # The engine omits an empty response.
        newest_first = [{"_source": {"input": text}} for text in ("b", "a")]
        return {"hits": {"total": {"value": 2}, "hits": newest_first[: body["size"]]}}


def test_a_new_one_is_named_after_its_first_question() -> None:
    memory: Any = Memory()
    conversation = opened(memory, "new", "What\nis " + "x" * 99, 1)
    assert (conversation.id, conversation.earlier) == ("made", ())
    assert memory.sent == [("POST", MEMORY, {"name": ("What is " + "x" * 99)[:60]})]


@pytest.mark.parametrize(("most", "earlier"), [(0, []), (1, ["b"]), (2, ["a", "b"])])
def test_only_the_questions_for_the_search_are_read(most: int, earlier: list[str]) -> None:
    memory: Any = Memory()
    assert opened(memory, "known", "c", most).earlier == earlier
    assert len(memory.sent) == bool(most)


def test_an_unknown_id_is_one_sentence() -> None:
    memory: Any = Memory()
    with pytest.raises(Failure, match=r"There is no conversation a/b\. Start one with `--conversation new`"):
        opened(memory, "a/b", "c", 1)


@pytest.mark.parametrize(("conversation", "sent"), [(None, None), ("new", None), ("known", "known")])
def test_on_a_collection_the_assistant_has_it(conversation: str | None, sent: str | None) -> None:
    bodies: list[Any] = []

    class Functions:
        def post(self, path: str, body: Any) -> FunctionResponse:
            bodies.append(body)
            answer = {
                "answer": "a",
                "grounded": True,
                "sources": [],
                "model": "m",
                "timings": {"total_ms": 1},
                "conversation_id": "c",
            }
            return FunctionResponse(200, answer)

    functions: Any = Functions()
    answer = assistant.ask(functions, "what?", conversation=conversation)
    assert bodies[0].get("conversation_id") == sent
    assert answer.conversation_id == "c"


def test_a_question_that_no_model_answers_is_kept_too(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = Memory()
    monkeypatch.setattr(asking, "knowledge", lambda _: KNOWLEDGE)
    monkeypatch.setattr(asking, "Domain", lambda *_, **__: memory)
    text: str | None = None
    monkeypatch.setattr("osml.ask.question.ask", lambda *_: answers.answer(text, conversation="known"))
    environment = SimpleNamespace(engine="a domain", matches=None, min_score=0.6, assistant=None)
    place: Any = SimpleNamespace(settings=lambda: environment, caller=1)
    asking.ask(place, "c", talk="known")
    assert memory.sent[-1] == ("POST", f"{MEMORY}/known/messages", {"input": "c", "response": "", "origin": "osml"})
    text = "An answer, which the pipeline has kept."
    before = len(memory.sent)
    asking.ask(place, "c", talk="known")
    assert len(memory.sent) == before + 1


@pytest.mark.parametrize(
    ("least", "trusted", "score"), [(None, False, 0.5), ("owner", False, 0.5), ("editor", True, 1)]
)
def test_the_command_line_weighs_sources_as_the_assistant_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], least: Any, trusted: bool, score: float
) -> None:
    said = "The park has three ponds."
    repeated = answers.answer(said, answers.source("a", 0.9, said, loaded_by="editor"))
    monkeypatch.setattr(asking, "knowledge", lambda _: KNOWLEDGE)
    monkeypatch.setattr(asking, "Domain", lambda *_, **__: None)
    monkeypatch.setattr("osml.ask.question.ask", lambda *_: repeated)
    own = Assistant(access=Access(trusted=least)) if least else None
    environment = SimpleNamespace(engine="a domain", matches=None, min_score=0.6, assistant=own)
    place: Any = SimpleNamespace(settings=lambda: environment, caller=1)
    answer = asking.ask(place, "How many ponds has the park?")
    (source,) = answer.sources
    assert (source.trusted, [mark.score for mark in source.used]) == (trusted, [score])
    answer_view.show("q", answer, "osml ask")
    assert ("loaded by editor, not trusted" in capsys.readouterr().out) != trusted


def test_the_answer_shows_the_command_for_a_follow_up(capsys: pytest.CaptureFixture[str]) -> None:
    answer_view.show("q", answers.answer(None, conversation="8Hk2"), "osml ask --env dev")
    assert 'Ask a follow-up: osml ask --env dev --conversation 8Hk2 "…"' in capsys.readouterr().out
    answer_view.show("q", answers.answer(None), "osml ask --env dev")
    assert 'Ask another question: osml ask --env dev "…"' in capsys.readouterr().out
