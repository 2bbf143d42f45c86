"""Asks the assistant of a serverless environment, which embeds, searches and calls the model itself."""

from osml.failure import Failure
from osml.functions import Functions
from osml.question import Answer, Source


def ask(functions: Functions, question: str, size: int = 4) -> Answer:
    """One question about `size` passages. Raises Failure with the assistant's own sentence when it fails."""
    reply = functions.post("/ask", {"question": question, "top_k": size})
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
        )
    except (KeyError, TypeError):
        raise Failure("The assistant's answer is not as this command expects it: deploy again.") from None
