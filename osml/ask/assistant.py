"""Questions to the assistant of a serverless environment, which embeds, searches and calls the model itself."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from osml.ask.conversation import NEW
from osml.failure import Failure
from osml.remote.functions import Functions
from rag.models import Answer


def ask(
    functions: Functions,
    question: str,
    size: int = 4,
    filters: Sequence[tuple[str, str]] = (),
    conversation: str | None = None,
    model: str | None = None,
) -> Answer:
    """The answer from at most `size` passages; `filters` may name the fields `document` and `title`.

    `conversation` is the id of one of the operator's conversations, or `new`. A question without an id always begins
    a conversation. `model` is the name of one of `assistant.models`. Raises Failure with the assistant's own sentence
    when it fails.
    """
    body: dict[str, Any] = {"question": question, "top_k": size}
    for field, value in filters:
        body.setdefault("filters", {}).setdefault(field, []).append(value)
    if model:
        body["model"] = model
    if conversation not in (None, NEW):
        body["conversation_id"] = conversation
    reply = functions.post("/ask", body)
    if reply.status != 200:
        raise Failure(f"The assistant answered {reply.status}: {reply.message}", reply.cause)
    try:
        return Answer.model_validate(reply.body)
    except ValidationError:
        raise Failure("The assistant's response has a form that this command does not expect. Deploy again.") from None
