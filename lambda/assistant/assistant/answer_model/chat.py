"""DeepSeek's chat API, and any other of OpenAI's kind, streamed as server-sent events."""

from collections.abc import Iterator
from typing import Any

from assistant.answer_model.lines import json_object, lines, objects
from assistant.budget import Budget
from assistant.failures import Refused
from assistant.other_side import ANSWER, failure_of, unreachable, unusable
from assistant.prompt import Told
from assistant.secret import Secret
from assistant.settings import DeepSeekAnswer, OpenAiAnswer, Timeouts
from assistant.thinking import spoken
from assistant.wire import Wire

_ENOUGH = 512


class Chat:
    """POSTs to the whole address `url`; the key comes from the secret.

    `reasoning_content`, where DeepSeek puts a reasoner's thoughts, is left out, and so are thoughts within the
    content, which servers without a parser for them send.
    """

    def __init__(self, chosen: DeepSeekAnswer | OpenAiAnswer, timeouts: Timeouts, secret: Secret) -> None:
        self.name = chosen.model
        self._chosen = chosen
        self._secret = secret
        self._most = timeouts.answer
        self._wire = Wire(ANSWER, timeouts.connection)

    def deltas(self, told: Told, budget: Budget) -> Iterator[str]:
        return spoken(self._contents(told, budget))

    def _contents(self, told: Told, budget: Budget) -> Iterator[str]:
        headers = {"Authorization": f"Bearer {self._secret.value(self._chosen.secret.key, budget)}"}
        body = self._body(told)
        try:
            response = self._wire.send(
                "POST", self._chosen.url, budget, self._most, json=body, headers=headers, stream=True
            )
        except Refused:
            self._secret.forget()
            raise
        with response, self._wire.reading():
            if "event-stream" not in response.headers.get("Content-Type", ""):
                yield _content(json_object(response.content), "message")
                return
            ended = False
            for event in objects(lines(response.iter_content(_ENOUGH))):
                budget.call(self._most)
                yield _content(event, "delta")
                ended = ended or bool(_choice(event).get("finish_reason"))
        if not ended:
            raise unreachable(ANSWER, "the stream ended without a finish_reason")

    def _body(self, told: Told) -> dict[str, Any]:
        chosen = self._chosen
        limit = chosen.token_limit if isinstance(chosen, OpenAiAnswer) else "max_tokens"
        choices = {"temperature": chosen.temperature, limit: chosen.max_tokens}
        messages = [{"role": one.role, "content": one.content} for one in told.messages()]
        set_choices = {name: value for name, value in choices.items() if value is not None}
        return {"model": chosen.model, "messages": messages, "stream": True, **set_choices}


def _content(event: dict[str, Any], place: str) -> str:
    if "error" in event:
        raise failure_of(ANSWER, 500, str(event["error"]))
    part = _choice(event).get(place) or {}
    if not isinstance(part, dict):
        raise unusable(ANSWER, f"choices[0].{place} is no object")
    return str(part.get("content") or "")


def _choice(event: dict[str, Any]) -> dict[str, Any]:
    # An event with the usage alone has no choice.
    choices = event.get("choices") or [{}]
    if not isinstance(choices, list) or not isinstance(choices[0], dict):
        raise unusable(ANSWER, "choices is no list of objects")
    return choices[0]
