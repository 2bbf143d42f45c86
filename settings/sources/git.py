"""The settings of a Git repository whose files become documents."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from settings.secret import Secret
from settings.sources import Network, SourceSettings
from settings.web_address import HOST


class Git(SourceSettings):
    """Files under `folder` on `branch` (default: that of the repository) of the repository at `url`.

    `secret` contains a token for a private repository; `user` is the user name for this token. Private addresses are
    reached only within the ranges `networks`. `include` and `exclude` are patterns of paths in the repository.
    """

    kind: Literal["git"]
    url: str = Field(
        pattern=rf"^https://{HOST}(:[0-9]{{1,5}})?/[A-Za-z0-9._~/%+-]+$", examples=["https://github.com/a/b.git"]
    )
    branch: str | None = Field(default=None, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$", examples=["main"])
    folder: str = Field(default="", pattern=r"^([^/ \t\n]([^\n]*[^/ \t\n])?)?$", examples=["docs"])
    user: str = Field(default="x-access-token", pattern=r"^[A-Za-z0-9._@-]{1,100}$", examples=["oauth2"])
    secret: Secret | None = None
    networks: list[Network] = Field(default_factory=list, examples=["10.0.0.0/8"])

    @property
    def secret_settings(self) -> Secret | None:
        return self.secret
