"""The form of a question and of its answer: the API's own, or that of OpenAI's clients."""

from collections.abc import Sequence
from typing import Any, Protocol

from pydantic import ValidationError

from gateway.mistake import mistake
from gateway.request import header
from gateway.sse import MEDIA_TYPE, Failed, framed
from rag.events import Event
from rag.failures import Invalid, RagFailure
from rag.models import Answer, Problem, Question
from rag.prompt import Turn


class Dialect(Protocol):
    """One request: how it is read, and how its answer is written."""

    def read(self, body: Any) -> tuple[Question, Sequence[Turn] | None]:
        """The question, and the earlier turns if the request contains them, or None; raises `Invalid` or `Absent`."""

    def streams(self, event: dict[str, Any]) -> bool:
        """Whether the client wants the answer in pieces; call it after `read`."""

    def whole(self, answer: Answer) -> bytes:
        """The answer in one piece, as JSON."""

    def framed(self, event: Event) -> bytes:
        """One event of a stream; not empty."""

    def failed(self, failure: RagFailure, identifier: str) -> bytes:
        """The last event of a stream that failed."""

    def problem(self, failure: RagFailure, identifier: str) -> bytes:
        """The body of an error, as JSON."""


class Native:
    """`POST /ask`."""

    def read(self, body: Any) -> tuple[Question, Sequence[Turn] | None]:
        try:
            return Question.model_validate(body, strict=True), None
        except ValidationError as error:
            raise Invalid(mistake(error.errors())) from None

    def streams(self, event: dict[str, Any]) -> bool:
        return MEDIA_TYPE in header(event, "accept").lower()

    def whole(self, answer: Answer) -> bytes:
        return answer.model_dump_json().encode()

    def framed(self, event: Event) -> bytes:
        return framed(event)

    def failed(self, failure: RagFailure, identifier: str) -> bytes:
        return framed(
            Failed(
                message=failure.message,
                cause=failure.cause,
                request_id=identifier,
                status=failure.status,
                retry_after=failure.retry_after,
            )
        )

    def problem(self, failure: RagFailure, identifier: str) -> bytes:
        return Problem(message=failure.message, cause=failure.cause, request_id=identifier).model_dump_json().encode()
