"""Turns responses and errors of the assistant's library and functions into the command line's models and failures."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TypeVar

from pydantic import BaseModel

from osml.cause import known
from osml.failure import Failure
from osml.remote.functions import FunctionResponse
from rag.failures import RagFailure

Told = TypeVar("Told", bound=BaseModel)


def read(reply: FunctionResponse, model: type[Told]) -> Told:
    """The body of a reply of status 200. Raises Failure with the sentence of any other reply."""
    if reply.status != HTTPStatus.OK:
        raise Failure(reply.message, reply.cause)
    return model.model_validate(reply.body)


@contextmanager
def as_failures() -> Iterator[None]:
    """Turns a failure of rag into one of the command line, with the details that a function would log."""
    try:
        yield
    except RagFailure as failure:
        raise Failure(f"{failure.message} {failure.said}".strip(), known(failure.cause)) from None
