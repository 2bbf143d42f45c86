"""DeepSeek-R1 on Bedrock with InvokeModelWithResponseStream: managed by Amazon, or imported."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from rag.answer_model.lines import json_object
from rag.answer_model.on_bedrock import OnBedrock, StreamEvent
from rag.budget import Budget
from rag.prompt import ModelInput
from rag.service_failure import ANSWER, unusable
from rag.thinking import spoken
from rag.usage import Usage
from settings.answer.bedrock import BedrockAnswer


class Bedrock(OnBedrock[BedrockAnswer]):
    """A managed or an imported model. An imported one takes `max_gen_len` instead of `max_tokens`.

    An imported model answers with `generation`, a managed one with `choices`.
    """

    def deltas(self, prompt: ModelInput, budget: Budget, usage: Usage | None = None) -> Iterator[str]:
        return spoken(self._pieces(prompt, budget, usage or Usage()), opened=True)

    def _pieces(self, prompt: ModelInput, budget: Budget, usage: Usage) -> Iterator[str]:
        limit = "max_gen_len" if self._chosen.imported else "max_tokens"
        body = {
            "prompt": prompt.deepseek_r1(),
            **self._chosen.sampling,
            limit: self._chosen.max_tokens,
        }

        def begun(client: Any) -> Iterable[StreamEvent]:
            answer = client.invoke_model_with_response_stream(
                modelId=self._chosen.model,
                contentType="application/json",
                accept="application/json",
                body=json.dumps(body),
            )
            events: Iterable[StreamEvent] = answer["body"]
            return events

        for event in self._stream(begun, budget):
            if "chunk" in event:
                piece = json_object(event["chunk"]["bytes"])
                text = self._text(piece)
                usage.note_written(text)
                # The last chunk of an imported model has the counts.
                usage.report(piece.get("prompt_token_count"), piece.get("generation_token_count"))
                yield text

    def _text(self, body: dict[str, Any]) -> str:
        try:
            return str((body["generation"] if self._chosen.imported else body["choices"][0]["text"]) or "")
        except (KeyError, IndexError, TypeError):
            raise unusable(ANSWER, f"the piece has the members {sorted(body)}") from None


MODEL = Bedrock
