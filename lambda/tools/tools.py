"""`POST /mcp`: tools for agents over the Model Context Protocol. Each call has the rights of its signed-in caller."""

import json
import os
import time
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from functools import cache
from typing import Any

from pydantic import ValidationError

from agents.functions import INSTRUCTIONS, FilterValues, tools
from gateway import telemetry
from gateway.caller import caller, digest
from gateway.charge import charged
from gateway.mistake import mistake
from gateway.request import body_bytes, request_id, require_json
from gateway.routes import TOOLS, admit
from offered_tool import OfferedTool
from protocol import HttpResponse, ToolServer
from rag.caller import Caller
from rag.document_models import DocumentList, DocumentShown
from rag.events import Answered
from rag.failures import Broken, Invalid
from rag.models import Answer, Problem, Question, Source
from rag.own_settings import settings
from rag.prompt import Turn
from rag.search import Page
from well_known import metadata

# Seconds of the function's time that are reserved for the time-out error.
MARGIN = 1.0
VERSION = "1"
# The variable with the names of the tools that are offered, separated by spaces.
OFFERED = "TOOLS"


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The function's entry point: an API Gateway proxy event in, its proxy response out."""
    identifier = request_id(event, context)
    telemetry.begin(identifier)
    try:
        telemetry.belongs_to(settings().environment)
        response = _response(event, context)
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets a sentence
        failure = telemetry.failed(error)
        problem = Problem(message=failure.message, cause=failure.cause, request_id=identifier)
        response = HttpResponse(failure.status, {}, problem.model_dump_json())
    telemetry.end()
    headers = {
        "content-type": "application/json",
        **response.headers,
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    return {"statusCode": response.status, "headers": headers, "body": response.body}


def _response(event: Mapping[str, Any], context: Any) -> HttpResponse:
    method, path = event["httpMethod"], str(event.get("resource", ""))
    document = metadata(path) if method == "GET" else None
    if document is not None:
        return HttpResponse(200, {}, json.dumps(document))
    who = caller(event, context.invoked_function_arn, settings().access)
    telemetry.logger.thread_safe_append_keys(caller=digest(who.id))
    if method != "POST":
        # GET and DELETE are not needed: the server sends no messages of its own, and there are no sessions to end.
        return HttpResponse(405, {"allow": "POST"})
    admit(who, TOOLS)
    require_json(event)
    body = body_bytes(event, settings().limits.body_bytes)
    view = CallerView(who, time.monotonic() + context.get_remaining_time_in_millis() / 1000 - MARGIN)
    token = VIEW.set(view)
    try:
        headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
        return offered(settings().environment, os.environ[OFFERED]).answered(headers, body)
    finally:
        VIEW.reset(token)


@cache
def offered(environment: str, names: str) -> ToolServer:
    """The tools with these `names`, kept in the process."""
    chosen = [OfferedTool(run) for run in tools(VIEW.get) if run.__name__ in names.split()]
    return ToolServer(f"osml-{environment}", VERSION, INSTRUCTIONS, chosen, _explained)


class CallerView:
    """The documents of the environment as `caller` sees them; calls end before `ends`, a monotonic time in seconds."""

    def __init__(self, caller: Caller, ends: float) -> None:
        self._caller, self._ends = caller, ends

    def search(self, question: str, size: int, filters: FilterValues) -> list[Source]:
        from rag import answering

        return answering.passages(_question(question, size, filters), self._caller, self._seconds)

    def ask(self, question: str, size: int, filters: FilterValues, conversation: str | None) -> Answer:
        """The answer. No turn is stored if `conversation` is None."""
        from rag import answering

        id = None if conversation == "new" else conversation
        turns: Sequence[Turn] | None = [] if conversation is None else None
        telemetry.count_question()
        given = _question(question, size, filters, id)
        charge = charged(self._caller, self._seconds)
        try:
            *_, last = answering.answer(given, self._caller, self._seconds, turns=turns, usage=charge.usage)
            if not isinstance(last, Answered):
                raise Broken("The assistant stopped without an answer. Ask again.")
        except Exception:
            charge.end(answered=False)
            raise
        charge.end(answered=True)
        telemetry.answered(last.answer)
        try:
            last.keep()
        except Exception as error:  # noqa: BLE001 - there is an answer
            telemetry.not_kept(error)
        return last.answer

    def listed(self, page: Page) -> DocumentList:
        from rag import documents

        return documents.listed(page, self._seconds, self._caller)

    def shown(self, id: str) -> DocumentShown:
        from rag import documents

        return documents.shown(id, self._seconds, self._caller)

    @property
    def _seconds(self) -> float:
        return self._ends - time.monotonic()


# The view of the call that is being answered.
VIEW: ContextVar[CallerView] = ContextVar("view")


def _question(question: str, size: int, filters: FilterValues, conversation: str | None = None) -> Question:
    fields = {"question": question, "top_k": size, "filters": filters or None, "conversation_id": conversation}
    try:
        return Question.model_validate(fields, strict=True)
    except ValidationError as error:
        raise Invalid(mistake(error.errors())) from None


def _explained(error: Exception) -> str:
    """The sentence for an error. For an unexpected error, it has no details; the log has the place in the code."""
    failure = telemetry.failed(error)
    return f"{failure.message} (cause: {failure.cause})"
