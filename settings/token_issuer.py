"""The settings of an existing issuer of tokens: `assistant.issuer`."""

from __future__ import annotations

from pydantic import Field

from settings import Group
from settings.sign_in_provider import Https


class TokenIssuer(Group):
    """Everybody with a token of this issuer is signed in: a JWT in the header `Authorization: Bearer …`.

    `url` is the issuer as in the claim `iss`; its metadata is at `/.well-known/openid-configuration` under this URL.
    `audience` is the required value of the claim `aud`, and `groups` is the claim with a person's groups.
    """

    url: Https = Field(examples=["https://login.example.com/tenant/v2.0"])
    audience: str = Field(min_length=1, max_length=2048, examples=["api://knowledge"])
    groups: str = Field(default="groups", pattern=r"^[A-Za-z0-9_.:/-]{1,256}$", examples=["groups"])
