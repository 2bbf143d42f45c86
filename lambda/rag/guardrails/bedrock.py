"""A guardrail of Amazon Bedrock, called with ApplyGuardrail. It works with every answer model.

https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-use-independent-api.html
"""

from collections.abc import Sequence
from typing import Any

from rag import boto_calls
from rag.budget import Budget
from rag.guardrails.struck import Struck
from rag.service_failure import GUARDRAIL
from settings.guardrails import BedrockGuardrail

# The characters of a text unit, by which Bedrock bills; each checked part of an answer but the last has at least these.
_UNIT = 1000
# Limits of contextual grounding: characters of all passages, and of a question.
# https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-contextual-grounding-check.html
_MOST_PASSAGES, _MOST_QUESTION = 100_000, 1000


class BedrockCheck:
    """Calls the guardrail once for a question, and about once for each 1,000 characters of an answer."""

    least = _UNIT

    def __init__(self, chosen: BedrockGuardrail, message: str, seconds: float, connect_seconds: float) -> None:
        self._chosen = chosen
        self._message = message
        region = chosen.id.split(":")[3] if chosen.id.startswith("arn:") else chosen.region
        self._clients = boto_calls.Clients("bedrock-runtime", region, seconds, connect_seconds)

    def question(self, text: str, budget: Budget) -> str:
        return self._applied("INPUT", [{"text": {"text": text}}], text, budget)

    def answer(
        self,
        text: str,
        before: str,  # noqa: ARG002 of the interface
        question: str,
        passages: Sequence[str],
        budget: Budget,
    ) -> str:
        passages_as_one = "\n\n".join(passages)[:_MOST_PASSAGES]
        content = [
            {"text": {"text": passages_as_one, "qualifiers": ["grounding_source"]}},
            {"text": {"text": question[:_MOST_QUESTION], "qualifiers": ["query"]}},
            {"text": {"text": text, "qualifiers": ["guard_content"]}},
        ]
        return self._applied("OUTPUT", content if passages else content[2:], text, budget)

    def _applied(self, source: str, content: list[dict[str, Any]], text: str, budget: Budget) -> str:
        """The text, masked if the guardrail masks it. Raises `Struck` with the guardrail's own message if it blocks."""
        if not text.strip():
            return text
        with boto_calls.calling(GUARDRAIL):
            answer = self._clients.within(budget).apply_guardrail(
                guardrailIdentifier=self._chosen.id,
                guardrailVersion=self._chosen.version,
                source=source,
                content=content,
            )
        if answer["action"] == "NONE":
            return text
        said = "".join(output.get("text", "") for output in answer.get("outputs", []))
        if said and _masks_alone(answer["assessments"]):
            return said + text[len(text.rstrip()) :]
        raise Struck(said or self._message)


def _masks_alone(assessments: Sequence[dict[str, Any]]) -> bool:
    """Whether the guardrail only masks; if it blocks, its output is a message instead of the text."""
    return not any(
        finding.get("action") == "BLOCKED"
        for assessment in assessments
        for policy in assessment.values()
        if isinstance(policy, dict)
        for findings in policy.values()
        if isinstance(findings, list)
        for finding in findings
        if isinstance(finding, dict)
    )
