"""The guardrail for topics and personal data. It uses regular expressions, and calls no model."""

import re
from collections.abc import Sequence

from calls.as_read import as_read
from corpus.personal_data import masked
from rag.budget import Budget
from rag.guardrails.struck import Struck
from settings.guardrails import Guardrails


class Patterns:
    """Applies `denied`, `personal_data` and `longest_question` of the settings."""

    least = 0

    def __init__(self, settings: Guardrails) -> None:
        self._message = settings.message
        self._longest = settings.longest_question
        self._denied = [(re.compile(each.pattern, re.IGNORECASE), each.message) for each in settings.denied]
        self._masked = settings.personal_data

    def question(self, text: str, budget: Budget) -> str:  # noqa: ARG002 of the interface
        if self._longest is not None and len(text) > self._longest:
            raise Struck(f"A question has at most {self._longest} characters here. Ask in fewer words.")
        self._refuse(text)
        return masked(text, self._masked)

    def answer(
        self,
        text: str,
        before: str,
        question: str,  # noqa: ARG002 of the interface
        passages: Sequence[str],  # noqa: ARG002
        budget: Budget,  # noqa: ARG002
    ) -> str:
        self._refuse(before + text)
        return masked(text, self._masked)

    def _refuse(self, text: str) -> None:
        """Raises `Struck` if a pattern matches the text as it is written, or as it is read."""
        read = " ".join(as_read(text).split()) if self._denied else text
        for pattern, message in self._denied:
            if pattern.search(text) or pattern.search(read):
                raise Struck(message or self._message)
