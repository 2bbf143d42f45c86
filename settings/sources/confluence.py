"""The settings of spaces of Confluence Cloud whose pages become documents."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from settings.secret import Secret
from settings.sources import SourceSettings
from settings.web_address import WebAddress

SpaceKey = Annotated[str, StringConstraints(pattern=r"^~?[A-Za-z0-9]{1,255}$")]


class Confluence(SourceSettings):
    """The current pages of `spaces` (their keys) of the site at `url`.

    `user` is the mail address of an account, and `secret` contains its API token. `include` and `exclude` are patterns
    of titles.
    """

    kind: Literal["confluence"]
    url: WebAddress = Field(examples=["https://example.atlassian.net"])
    spaces: list[SpaceKey] = Field(min_length=1, max_length=50, examples=["HR"])
    user: str = Field(pattern=r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+$", max_length=254, examples=["osml@example.com"])
    secret: Secret

    @property
    def secret_settings(self) -> Secret | None:
        return self.secret
