"""`POST /ask`: a question in, the answer out, as it is made (`Accept: text/event-stream`) or in one piece."""

from collections.abc import Generator, Iterator
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from assistant import answering, origins, telemetry
from assistant.caller import caller, digest
from assistant.events import Answered, Event
from assistant.failures import Broken, Invalid
from assistant.mistake import mistake
from assistant.models import Problem, Question
from assistant.own_settings import settings
from assistant.reply import Reply
from assistant.request import header, json_body, request_id
from assistant.sse import MEDIA_TYPE, WAITING, Failed, framed
from assistant.waiting import waiting

if TYPE_CHECKING:
    from assistant.runtime import Context

# Seconds of silence after which a stream shows that it lives; gateways cut silent ones (edge endpoints after 30).
SILENCE = 10.0
# Seconds kept back from the function's time, for saying that it was not enough.
MARGIN = 2.0


def answer(event: dict[str, Any], context: "Context") -> Reply:
    """The function's entry point: an API Gateway proxy event in, its reply out.

    What is wrong before the work begins is an ordinary error, also for a stream. What goes wrong later is the last
    event of the stream, under status 200.
    """
    reply = _reply(event, context)
    return replace(reply, headers={**reply.headers, **origins.allowed(event)})


def _reply(event: dict[str, Any], context: "Context") -> Reply:
    identifier = request_id(event, context)
    telemetry.begin(identifier)
    seconds = max(context.get_remaining_time_in_millis() / 1000 - MARGIN, MARGIN)
    try:
        telemetry.belongs_to(settings().environment)
        who = caller(event)
        telemetry.logger.thread_safe_append_keys(caller=digest(who))
        question = _question(json_body(event, settings().limits.body_bytes))
        telemetry.asked()
        heard = waiting(_events(question, who, seconds - MARGIN / 2), SILENCE, seconds)
        if MEDIA_TYPE not in header(event, "accept").lower():
            return _whole(heard)
        return Reply(200, _headers(f"{MEDIA_TYPE}; charset=utf-8"), _stream(next(heard), heard, identifier))
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a sentence
        return _problem(error, identifier)


def _question(body: Any) -> Question:
    try:
        return Question.model_validate(body, strict=True)
    except ValidationError as error:
        raise Invalid(mistake(error.errors())) from None


def _events(question: Question, who: str, seconds: float) -> Iterator[Event]:
    with telemetry.tracer.provider.in_subsegment("## answer"):
        event = None
        for event in answering.answer(question, who, seconds):
            yield event
    if not isinstance(event, Answered):
        raise Broken("The assistant stopped without an answer. Ask again.")


def _whole(heard: Iterator[Event | None]) -> Reply:
    for event in heard:
        if isinstance(event, Answered):
            answer = event.answer
    telemetry.answered(answer)
    telemetry.end()
    return Reply(200, _headers("application/json"), [answer.model_dump_json().encode()])


def _stream(first: Event | None, heard: Generator[Event | None, None, None], identifier: str) -> Iterator[bytes]:
    try:
        for event in chain([first], heard):
            if isinstance(event, Answered):
                telemetry.answered(event.answer)
            yield WAITING if event is None else framed(event)
    except GeneratorExit:
        telemetry.logger.info("The caller went away.")
        raise
    except Exception as error:  # noqa: BLE001 - as in answer
        failure = telemetry.failed(error)
        yield framed(
            Failed(
                message=failure.message, request_id=identifier, status=failure.status, retry_after=failure.retry_after
            )
        )
    finally:
        heard.close()
        telemetry.end()


def _problem(error: Exception, identifier: str) -> Reply:
    failure = telemetry.failed(error)
    telemetry.end()
    again = {"Retry-After": str(failure.retry_after)} if failure.retry_after else {}
    body = Problem(message=failure.message, request_id=identifier).model_dump_json().encode()
    return Reply(failure.status, {**_headers("application/json"), **again}, [body])


def _headers(media_type: str) -> dict[str, str]:
    return {"Content-Type": media_type, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
