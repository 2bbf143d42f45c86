"""DeepSeek-R1 on a SageMaker endpoint, streamed by the container.

text-generation-inference sends server-sent events, Large Model Inference sends JSON lines; both contain
`{"token": {"text", "special"?}}`.
"""

import json
from collections.abc import Iterator
from typing import Any

from rag import boto_calls
from rag.answer_model.lines import lines, objects
from rag.budget import Budget
from rag.prompt import ModelInput
from rag.service_failure import ANSWER, failure_of
from rag.thinking import spoken
from rag.usage import Usage
from settings.answer.sagemaker import SageMakerAnswer
from settings.runtime_settings import RuntimeTimeouts


class SageMaker:
    """The endpoint, or its inference `component`."""

    def __init__(self, chosen: SageMakerAnswer, timeouts: RuntimeTimeouts) -> None:
        self.name = chosen.endpoint
        self._chosen = chosen
        self._most = timeouts.answer
        self._clients = boto_calls.Clients("sagemaker-runtime", chosen.region, timeouts.answer, timeouts.connection)

    def deltas(self, prompt: ModelInput, budget: Budget, usage: Usage | None = None) -> Iterator[str]:
        return spoken(self._tokens(prompt, budget, usage or Usage()), opened=True)

    def _tokens(self, prompt: ModelInput, budget: Budget, usage: Usage) -> Iterator[str]:
        client = self._clients.within(budget)
        component = {"InferenceComponentName": self._chosen.component} if self._chosen.component else {}
        with boto_calls.calling(ANSWER, start_seconds=self._chosen.start_seconds):
            answer = client.invoke_endpoint_with_response_stream(
                EndpointName=self._chosen.endpoint,
                ContentType="application/json",
                Body=json.dumps(self._body(prompt)),
                **component,
            )
            pieces = (event["PayloadPart"]["Bytes"] for event in answer["Body"] if "PayloadPart" in event)
            for value in objects(lines(pieces)):
                budget.call(self._most)
                text = _text(value)
                usage.note_written(text)
                yield text

    def _body(self, prompt: ModelInput) -> dict[str, Any]:
        parameters = {
            "do_sample": True,
            "return_full_text": False,
            "temperature": self._chosen.temperature,
            "top_p": self._chosen.top_p,
            "max_new_tokens": self._chosen.max_tokens,
        }
        return {"inputs": prompt.deepseek_r1(begin=False), "parameters": parameters, "stream": True}


def _text(event: dict[str, Any]) -> str:
    if "error" in event:
        raise failure_of(ANSWER, 500, str(event["error"]))
    token = event.get("token") or {}
    return "" if token.get("special") else str(token.get("text") or "")


MODEL = SageMaker
