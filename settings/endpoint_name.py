"""Names of SageMaker endpoints; `create` is not a name, but means a new endpoint."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

CREATE = "create"
_NAME = r"^[A-Za-z0-9](-*[A-Za-z0-9]){0,62}$"


def _word_or_name(name: str) -> str:
    if name != CREATE and name.lower() == CREATE:
        raise ValueError(f"{name!r} is neither the word create nor a different name; write {CREATE}")
    return name


def _name(name: str) -> str:
    if name.lower() == CREATE:
        raise ValueError(f"{name!r} means a new endpoint, but none can be created here; name an existing one")
    return name


EndpointName = Annotated[str, Field(pattern=_NAME), AfterValidator(_name)]
EndpointOrCreate = Annotated[str, Field(pattern=_NAME), AfterValidator(_word_or_name)]
