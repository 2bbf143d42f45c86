"""How often the keeper looks after an environment, if it does."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from settings import Group


class Keeper(Group):
    """The function that looks after connectors and models, every so many `minutes`; `keeper: off` for none."""

    minutes: int = Field(default=15, ge=1, le=1440)


def _off(setting: Any) -> Any:
    # YAML reads `off` as false.
    return None if setting is False else setting


OptionalKeeper = Annotated[Keeper | None, BeforeValidator(_off)]
