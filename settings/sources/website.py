"""The settings of a website whose pages become documents."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from settings.sources import Network, SourceSettings
from settings.web_address import HOST

Start = Annotated[
    str,
    StringConstraints(pattern=rf"^https?://{HOST}(:[0-9]{{1,5}})?(/[!-~]*)?$", max_length=2000),
]


class Website(SourceSettings):
    """Pages below the addresses in `start`, found by the sitemap and by links up to `depth`, at most `pages`. There are
    `delay` seconds between two requests, or more if robots.txt says so; up to `connections` requests are open at once.
    With `sitemap`, pages are also taken from the site's sitemaps, and a page whose date (`lastmod`) there is unchanged
    is not requested. `contact` is a mail or web address that each request shows to the site's operators. Private
    addresses are reached only within the ranges `networks`. `include` and `exclude` are patterns of whole addresses.
    """

    kind: Literal["website"]
    start: list[Start] = Field(min_length=1, max_length=20, examples=["https://docs.example.com/"])
    sitemap: bool = True
    depth: int = Field(default=5, ge=0, le=50)
    pages: int = Field(default=10_000, ge=1, le=500_000)
    delay: float = Field(default=0.5, ge=0, le=60)
    connections: int = Field(default=1, ge=1, le=32)
    contact: str | None = Field(default=None, pattern=r"^[\x21-\x7e]{3,200}$", examples=["docs@example.com"])
    networks: list[Network] = Field(default_factory=list, examples=["10.0.0.0/8"])
