"""Checks of questions and answers, by the settings of `assistant.guardrails`."""

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from rag.budget import Budget
from rag.guardrails.struck import Struck
from settings.guardrails import Guardrails

__all__ = ["Guard", "Struck", "guard"]

# A sentence or a line may be shown when white space follows its end.
_ENDS = re.compile(r"[.!?\n]\s|\n")


class Guardrail(Protocol):
    """One guardrail. `least` is the least number of characters of an answer per check; only the last part has fewer."""

    least: int

    def question(self, text: str, budget: Budget) -> str:
        """The question, masked if needed. Raises `Struck` if it is forbidden, `RagFailure` if the check fails."""

    def answer(self, text: str, before: str, question: str, passages: Sequence[str], budget: Budget) -> str:
        """The next part of the answer, masked if needed; `before` is shown already. It raises as `question` does."""


class Guard:
    """All guardrails, one after the other."""

    def __init__(self, checks: Sequence[Guardrail]) -> None:
        self._checks = checks
        self._least = max((check.least for check in checks), default=0)

    def question(self, text: str, budget: Budget) -> str:
        for check in self._checks:
            text = check.question(text, budget)
        return text

    def answer(self, pieces: Iterator[str], question: str, passages: Sequence[str], budget: Budget) -> Iterator[str]:
        """The answer in checked parts. Each part consists of whole sentences, so no check sees only half a sentence."""
        if not self._checks:
            yield from pieces
            return
        shown, held = "", ""
        for piece in pieces:
            held += piece
            end = max((match.end() for match in _ENDS.finditer(held)), default=0)
            if end and end >= self._least:
                shown += (part := self._checked(held[:end], shown, question, passages, budget))
                held = held[end:]
                yield part
        if held:
            yield self._checked(held, shown, question, passages, budget)

    def _checked(self, text: str, before: str, question: str, passages: Sequence[str], budget: Budget) -> str:
        for check in self._checks:
            text = check.answer(text, before, question, passages, budget)
        return text


def guard(settings: Guardrails | None, seconds: float, connect_seconds: float) -> Guard:
    """The guardrails in the settings. Bedrock's comes last, because it costs money and the others do not."""
    if settings is None:
        return Guard([])
    from rag.guardrails.patterns import Patterns

    checks: list[Guardrail] = [Patterns(settings)]
    if settings.bedrock:
        from rag.guardrails.bedrock import BedrockCheck

        checks.append(BedrockCheck(settings.bedrock, settings.message, seconds, connect_seconds))
    return Guard(checks)
