"""Server-Sent Events (WHATWG HTML, section 9.2) about an answer in progress."""

import json
from typing import Any

from pydantic import Field

from rag.events import Answered, Event, Searched, Sources, Stage, Text
from rag.models import Problem

MEDIA_TYPE = "text/event-stream"
# A comment: clients ignore it, and it keeps the connection alive for proxies.
WAITING = b": waiting\n\n"


class Failed(Problem):
    """The last event of a stream that failed."""

    status: int = Field(description="The HTTP status that a response in one piece would have.", examples=[429])
    retry_after: int | None = Field(default=None, description="Seconds to wait before asking again.", examples=[2])


def framed(event: Event | Failed) -> bytes:
    """One event: its name, and its data as JSON, which has no line break."""
    match event:
        case Stage():
            return _frame("stage", {"stage": event.stage})
        case Searched():
            return _frame("step", event.step.model_dump())
        case Sources():
            return _frame("sources", {"sources": [source.model_dump() for source in event.sources]})
        case Text():
            return _frame("text", {"text": event.text})
        case Answered():
            return _frame("answer", event.answer.model_dump())
        case Failed():
            return _frame("failed", event.model_dump(exclude_none=True))


def _frame(name: str, content: dict[str, Any]) -> bytes:
    return f"event: {name}\ndata: {json.dumps(content, ensure_ascii=False)}\n\n".encode(errors="replace")
