"""`POST /ask`: answers a question, in a stream (`Accept: text/event-stream`) or in one piece."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from aws.tracing import subsegment
from gateway import origins, telemetry
from gateway.caller import caller, digest
from gateway.mistake import mistake
from gateway.request import header, json_body, request_id
from gateway.routes import ASK, admit
from gateway.sse import MEDIA_TYPE, WAITING, Failed, framed
from rag import answering
from rag.caller import Caller
from rag.events import Answered, Event
from rag.failures import Broken, Invalid
from rag.models import Problem, Question
from rag.own_settings import settings
from reply import Reply
from waiting import waiting

if TYPE_CHECKING:
    from runtime import Context

# Seconds after which a silent stream sends a comment; gateways close silent streams (edge endpoints after 30).
SILENCE = 10.0
# Seconds of the function's time that are reserved for the time-out error.
MARGIN = 2.0


def answer(event: dict[str, Any], context: "Context") -> Reply:
    """The function's entry point: an API Gateway proxy event in, its reply out.

    An error before the work begins is an ordinary response, also for a stream. A later error is the last event of the
    stream, with status 200.
    """
    reply = _reply(event, context)
    return replace(reply, headers={**reply.headers, **origins.allowed(event)})


def _reply(event: dict[str, Any], context: "Context") -> Reply:
    identifier = request_id(event, context)
    telemetry.begin(identifier)
    seconds = max(context.get_remaining_time_in_millis() / 1000 - MARGIN, MARGIN)
    try:
        telemetry.belongs_to(settings().environment)
        who = caller(event, context.invoked_function_arn, settings().access)
        telemetry.logger.thread_safe_append_keys(caller=digest(who.id))
        admit(who, ASK)
        question = _question(json_body(event, settings().limits.body_bytes))
        telemetry.asked()
        heard = waiting(_events(question, who, seconds - MARGIN / 2), SILENCE, seconds)
        if MEDIA_TYPE not in header(event, "accept").lower():
            return _whole(heard)
        stream = _Stream(next(heard), heard, identifier)
        return Reply(200, _headers(f"{MEDIA_TYPE}; charset=utf-8"), stream.pieces(), stream.after)
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a sentence
        return _problem(error, identifier)


def _question(body: Any) -> Question:
    try:
        return Question.model_validate(body, strict=True)
    except ValidationError as error:
        raise Invalid(mistake(error.errors())) from None


def _events(question: Question, who: Caller, seconds: float) -> Iterator[Event]:
    with subsegment("## answer"):
        event = None
        for event in answering.answer(question, who, seconds):
            yield event
    if not isinstance(event, Answered):
        raise Broken("The assistant stopped without an answer. Ask again.")


def _whole(heard: Iterator[Event | None]) -> Reply:
    for event in heard:
        if isinstance(event, Answered):
            answered = event
    body = answered.answer.model_dump_json().encode()
    return Reply(200, _headers("application/json"), [body], lambda: _after(answered))


@dataclass
class _Stream:
    """The events of an answer as they are sent: the `first`, and those that are `heard` after it."""

    first: Event | None
    heard: Generator[Event | None, None, None]
    identifier: str
    answered: Answered | None = None

    def pieces(self) -> Iterator[bytes]:
        try:
            for event in chain([self.first], self.heard):
                if isinstance(event, Answered):
                    self.answered = event
                yield WAITING if event is None else framed(event)
        except GeneratorExit:
            telemetry.logger.info("The caller disconnected.")
            raise
        except Exception as error:  # noqa: BLE001 - as in answer
            failure = telemetry.failed(error)
            yield framed(
                Failed(
                    message=failure.message,
                    cause=failure.cause,
                    request_id=self.identifier,
                    status=failure.status,
                    retry_after=failure.retry_after,
                )
            )
        finally:
            self.heard.close()

    def after(self) -> None:
        _after(self.answered)


def _after(answered: Answered | None) -> None:
    """What the caller does not wait for: the turn, the log and the metrics."""
    try:
        if answered:
            telemetry.answered(answered.answer)
            with subsegment("## turn"):
                answered.keep()
    except Exception as error:  # noqa: BLE001 - the caller has the answer
        telemetry.not_kept(error)
    finally:
        telemetry.end()


def _problem(error: Exception, identifier: str) -> Reply:
    failure = telemetry.failed(error)
    telemetry.end()
    again = {"Retry-After": str(failure.retry_after)} if failure.retry_after else {}
    body = Problem(message=failure.message, cause=failure.cause, request_id=identifier).model_dump_json().encode()
    return Reply(failure.status, {**_headers("application/json"), **again}, [body])


def _headers(media_type: str) -> dict[str, str]:
    return {"Content-Type": media_type, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
