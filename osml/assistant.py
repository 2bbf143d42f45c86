"""Asks the assistant of a serverless environment, which embeds, searches and calls the model itself."""

from collections.abc import Sequence
from typing import Any

from osml.conversation import NEW
from osml.failure import Failure
from osml.functions import Functions
from osml.question import Answer, Source


def ask(
    functions: Functions,
    question: str,
    size: int = 4,
    filters: Sequence[tuple[str, str]] = (),
    conversation: str | None = None,
) -> Answer:
    """One question about `size` passages; `filters` are `document` and `title`, which the assistant knows.

    `conversation` is the id of the operator's own, or `new`; the assistant begins one for every first question.
    Raises Failure with the assistant's own sentence when it fails.
    """
    body: dict[str, Any] = {"question": question, "top_k": size}
    for field, value in filters:
        body.setdefault("filters", {}).setdefault(field, []).append(value)
    if conversation not in (None, NEW):
        body["conversation_id"] = conversation
    reply = functions.post("/ask", body)
    if reply.status != 200:
        raise Failure(f"The assistant answered {reply.status}: {reply.message}")
    try:
        body = reply.body
        return Answer(
            question=question,
            text=body["answer"],
            sources=[Source(one["id"], one["score"], one["text"]) for one in body["sources"]],
            model=body["model"],
            took_ms=body["timings"]["total_ms"],
            conversation_id=body["conversation_id"] if conversation else None,
        )
    except (KeyError, TypeError):
        raise Failure("The assistant's answer is not as this command expects it: deploy again.") from None
