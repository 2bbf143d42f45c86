"""The settings of the keeper."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from settings import Group
from settings.off_value import Off


class KeeperSettings(Group):
    """The function that watches and repairs connectors and models every `minutes`; `keeper: off` turns it off."""

    minutes: int = Field(default=15, ge=1, le=1440)


OptionalKeeper = Annotated[KeeperSettings | None, Off]
