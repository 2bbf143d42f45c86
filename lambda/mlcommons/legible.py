"""Answers whose JSON has an unexpected form, such as a text instead of an object."""

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from mlcommons.errors import Unreachable

T = TypeVar("T")
P = ParamSpec("P")


def legible(verb: Callable[P, T]) -> Callable[P, T]:
    """Raise `Unreachable` if `verb` fails because an answer of the engine has an unexpected form."""

    @functools.wraps(verb)
    def read(*arguments: P.args, **named: P.kwargs) -> T:
        try:
            return verb(*arguments, **named)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            tried = f"Reading the engine's answers about {named.get('owner')}"
            cause = f"one is not in OpenSearch's form ({type(error).__name__})"
            raise Unreachable(tried, cause, "Check that OpenSearch has this address.") from error

    return read
