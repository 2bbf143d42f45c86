"""The parameters of a function, as a model that validates the arguments of a request."""

from collections.abc import Callable, Collection
from inspect import Parameter, signature
from typing import Any, get_type_hints

from pydantic import BaseModel, create_model


def annotations(run: Callable[..., Any]) -> dict[str, Any]:
    """The annotation of each parameter of `run`, by its name."""
    kinds = get_type_hints(run, include_extras=True)
    return {name: kinds[name] for name in signature(run).parameters}


def model_of(run: Callable[..., Any], name: str, left_out: Collection[str] = ()) -> type[BaseModel]:
    """A model with this name whose fields are the parameters of `run`, except those that are `left_out`."""
    parameters = signature(run).parameters
    fields: dict[str, Any] = {
        of: (kind, ... if parameters[of].default is Parameter.empty else parameters[of].default)
        for of, kind in annotations(run).items()
        if of not in left_out
    }
    return create_model(name, **fields)
