"""Answers in the API's form, for tests that use only some of their members."""

from typing import Any

from rag.models import Answer, Source, Timings


def source(id: str, score: float, text: str, **members: Any) -> Source:
    return Source(id=id, document=id, score=score, text=text, **members)


def answer(text: str | None, *sources: Source, model: str | None = None, conversation: str | None = None) -> Answer:
    return Answer(
        answer=text,
        grounded=text is not None,
        sources=list(sources),
        model=model,
        conversation_id=conversation,
        timings=Timings(total_ms=1),
    )
