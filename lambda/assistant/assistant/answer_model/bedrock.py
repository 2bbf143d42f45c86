"""DeepSeek-R1 on Bedrock by InvokeModelWithResponseStream: managed by Amazon, or imported."""

import json
from collections.abc import Iterator
from typing import Any

from assistant import aws
from assistant.answer_model.lines import json_object
from assistant.budget import Budget
from assistant.other_side import ANSWER, unusable
from assistant.prompt import Told
from assistant.settings import BedrockAnswer, Timeouts
from assistant.thinking import spoken


class Bedrock:
    """The two have different bodies: an imported model takes `max_gen_len` and answers `generation`."""

    def __init__(self, chosen: BedrockAnswer, timeouts: Timeouts) -> None:
        self.name = chosen.model.rpartition("/")[2]
        self._chosen = chosen
        self._most = timeouts.answer
        self._client = aws.client("bedrock-runtime", chosen.region, timeouts.answer, timeouts.connection)

    def deltas(self, told: Told, budget: Budget) -> Iterator[str]:
        return spoken(self._pieces(told, budget), opened=True)

    def _pieces(self, told: Told, budget: Budget) -> Iterator[str]:
        budget.call(self._most)
        limit = "max_gen_len" if self._chosen.imported else "max_tokens"
        body = {
            "prompt": told.deepseek_r1(),
            "temperature": self._chosen.temperature,
            "top_p": self._chosen.top_p,
            limit: self._chosen.max_tokens,
        }
        with aws.calling(ANSWER):
            answer = self._client.invoke_model_with_response_stream(
                modelId=self._chosen.model,
                contentType="application/json",
                accept="application/json",
                body=json.dumps(body),
            )
            for event in answer["body"]:
                budget.call(self._most)
                if "chunk" in event:
                    yield self._text(json_object(event["chunk"]["bytes"]))

    def _text(self, found: dict[str, Any]) -> str:
        try:
            return str((found["generation"] if self._chosen.imported else found["choices"][0]["text"]) or "")
        except (KeyError, IndexError, TypeError):
            raise unusable(ANSWER, f"the piece has the members {sorted(found)}") from None
