"""`POST /ask` and `POST /v1/chat/completions`: answers a question, in a stream or in one piece."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from aws.tracing import subsegment
from dialect import Dialect, Native
from gateway import origins, telemetry
from gateway.caller import caller, digest
from gateway.charge import FREE, OwnCharge, charged
from gateway.request import header, json_body, request_id
from gateway.routes import ASK, COMPLETIONS, MODELS, admit
from gateway.sse import MEDIA_TYPE, WAITING
from rag import answering
from rag.caller import Caller
from rag.events import Answered, Event
from rag.failures import Broken
from rag.models import Question
from rag.own_settings import settings
from rag.prompt import Turn
from rag.usage import Usage
from reply import HandlerResponse
from waiting import waiting

if TYPE_CHECKING:
    from runtime_api import InvocationContext

# Seconds after which a silent stream sends a comment; gateways close silent streams (edge endpoints after 30).
SILENCE = 10.0
# Seconds of the function's time that are reserved for the time-out error.
MARGIN = 2.0


def answer(event: dict[str, Any], context: "InvocationContext") -> HandlerResponse:
    """The function's entry point: an API Gateway proxy event in, its reply out.

    An error before the work begins is an ordinary response, also for a stream. A later error is the last event of the
    stream, with status 200.
    """
    reply = _reply(event, context)
    return replace(reply, headers={**reply.headers, **origins.allowed(event)})


def _reply(event: dict[str, Any], context: "InvocationContext") -> HandlerResponse:
    identifier = request_id(event, context)
    telemetry.begin(identifier)
    seconds = max(context.get_remaining_time_in_millis() / 1000 - MARGIN, MARGIN)
    route = _route(event)
    dialect: Dialect = Native()
    charge = FREE
    try:
        telemetry.belongs_to(settings().environment)
        dialect = _dialect(event, route, identifier)
        who = caller(event, context.invoked_function_arn, settings().access)
        telemetry.logger.thread_safe_append_keys(caller=digest(who.id))
        admit(who, route)
        if route == MODELS:
            from completions import models

            return HandlerResponse(
                200, _headers("application/json"), [models(settings().environment, settings().choices)], telemetry.end
            )
        question, turns = dialect.read(json_body(event, settings().limits.body_bytes))
        telemetry.count_question()
        charge = charged(who, seconds)
        events = _events(question, turns, who, seconds - MARGIN / 2, charge.usage, header(event, "traceparent"))
        heard = waiting(events, SILENCE, seconds)
        if not dialect.streams(event):
            return _whole(heard, dialect, charge)
        stream = _Stream(next(heard), heard, identifier, dialect, charge)
        return HandlerResponse(200, _headers(f"{MEDIA_TYPE}; charset=utf-8"), stream.pieces(), stream.after)
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a sentence
        charge.end(answered=False)
        return _problem(error, identifier, dialect)


def _route(event: dict[str, Any]) -> str:
    """The route as in the table of roles. An operator's event has no route; it is a question."""
    route = f"{event.get('httpMethod')} {event.get('resource')}"
    return route if route in (COMPLETIONS, MODELS) else ASK


def _dialect(event: dict[str, Any], route: str, identifier: str) -> Dialect:
    if route == ASK:
        return Native()
    # Imported here, because only OpenAI's clients need it.
    from completions import Completions

    context = event.get("requestContext") or {}
    path = str(context.get("path") or event.get("path") or "")
    base = f"https://{context.get('domainName')}{path[: path.rfind('/v1/')]}"
    return Completions(settings().environment, settings().choices, identifier, base)


def _events(
    question: Question,
    turns: Sequence[Turn] | None,
    who: Caller,
    seconds: float,
    usage: Usage | None,
    traceparent: str,
) -> Iterator[Event]:
    with subsegment("## answer", caller=traceparent):
        event = None
        for event in answering.answer(question, who, seconds, turns=turns, usage=usage):
            yield event
    if not isinstance(event, Answered):
        raise Broken("The assistant stopped without an answer. Ask again.")


def _whole(heard: Iterator[Event | None], dialect: Dialect, charge: OwnCharge) -> HandlerResponse:
    for event in heard:
        if isinstance(event, Answered):
            answered = event
    return HandlerResponse(
        200, _headers("application/json"), [dialect.whole(answered.answer)], lambda: _after(answered, charge)
    )


@dataclass
class _Stream:
    """The events of an answer as they are sent: the `first`, and those that are `heard` after it."""

    first: Event | None
    heard: Generator[Event | None, None, None]
    identifier: str
    dialect: Dialect
    charge: OwnCharge
    answered: Answered | None = None
    failed: bool = False

    def pieces(self) -> Iterator[bytes]:
        try:
            for event in chain([self.first], self.heard):
                if isinstance(event, Answered):
                    self.answered = event
                yield WAITING if event is None else self.dialect.framed(event)
        except GeneratorExit:
            telemetry.logger.info("The caller disconnected.")
            raise
        except Exception as error:  # noqa: BLE001 - as in answer
            self.failed = True
            yield self.dialect.failed(telemetry.failed(error), self.identifier)
        finally:
            self.heard.close()

    def after(self) -> None:
        _after(self.answered, self.charge, answered=not self.failed)


def _after(turn: Answered | None, charge: OwnCharge, *, answered: bool = True) -> None:
    """The work for which the caller does not wait: the turn, the quota, the log and the metrics.

    If the caller disconnects, the question still counts as answered, because the model has worked.
    """
    charge.end(answered=answered)
    try:
        if turn:
            telemetry.answered(turn.answer)
            with subsegment("## turn"):
                turn.keep()
    except Exception as error:  # noqa: BLE001 - the caller has the answer
        telemetry.not_kept(error)
    finally:
        telemetry.end()


def _problem(error: Exception, identifier: str, dialect: Dialect) -> HandlerResponse:
    failure = telemetry.failed(error)
    telemetry.end()
    again = {"Retry-After": str(failure.retry_after)} if failure.retry_after else {}
    return HandlerResponse(
        failure.status, {**_headers("application/json"), **again}, [dialect.problem(failure, identifier)]
    )


def _headers(media_type: str) -> dict[str, str]:
    return {"Content-Type": media_type, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
