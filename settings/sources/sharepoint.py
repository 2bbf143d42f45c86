"""The settings of a document library of SharePoint Online whose files become documents."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from settings.secret import Secret
from settings.sources import SourceSettings
from settings.web_address import HOST

GUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"


class SharePoint(SourceSettings):
    """The files of the document library `library` (default: that of the site) of the site at `url`.

    `tenant` and `client` are the ids of the directory and of an application that may read the site (Sites.Selected or
    Sites.Read.All); `secret` contains the application's client secret. `include` and `exclude` are patterns of paths in
    the library.
    """

    kind: Literal["sharepoint"]
    url: str = Field(
        pattern=rf"^https://{HOST}(/(sites|teams)/[A-Za-z0-9._%~-]+)?$",
        examples=["https://example.sharepoint.com/sites/hr"],
    )
    tenant: str = Field(pattern=GUID, examples=["11111111-2222-3333-4444-555555555555"])
    client: str = Field(pattern=GUID, examples=["66666666-7777-8888-9999-000000000000"])
    library: str | None = Field(default=None, min_length=1, max_length=250, examples=["Policies"])
    secret: Secret

    @property
    def secret_settings(self) -> Secret | None:
        return self.secret
