"""The settings of the functions, read from the environment variable `ASSISTANT` once in each process."""

import os
from functools import cache

from pydantic import ValidationError

from rag.failures import AssistantRefused
from settings.runtime_settings import OPERATORS, VARIABLE, RuntimeSettings


def from_environment() -> RuntimeSettings:
    """Read `ASSISTANT`; raises `ValueError` (pydantic's) with the name of the wrong setting."""
    return RuntimeSettings.model_validate_json(os.environ.get(VARIABLE, ""))


@cache
def settings() -> RuntimeSettings:
    """The settings of this environment; raises `AssistantRefused` if they cannot be read."""
    try:
        return from_environment()
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        message = "A setting of the assistant is wrong; its log names the setting. Deploy the assistant again."
        raise AssistantRefused(message, said=f"{VARIABLE}: {wrong}") from None


def is_for_operators(function_arn: str) -> bool:
    """Whether the function was called by its alias for operators."""
    return function_arn.rpartition(":")[2] == OPERATORS
