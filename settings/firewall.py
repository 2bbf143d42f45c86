"""The settings of the web application firewall in front of the assistant's API."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from settings import Group
from settings.address_range import address_range


def _some(network: str) -> str:
    if network.endswith("/0"):
        raise ValueError(f"{network} contains every address; leave it out to admit all")
    return network


Network = Annotated[
    str, Field(pattern=r"^[0-9a-f.:]+/[0-9]{1,3}$"), AfterValidator(address_range), AfterValidator(_some)
]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class FirewallSettings(Group):
    """AWS WAF in front of the API and the page. A refused request gets a 403.

    An address may send `rate` requests in five minutes. `managed` applies Amazon's list of bad addresses to all
    requests, and its rules against known attacks to all requests but POST, because documents may contain any text. If
    `networks` or `countries` are given, all others are refused: `networks` are ranges of addresses, `countries` are two
    letters of ISO 3166.
    """

    rate: int = Field(default=2000, ge=10, le=2_000_000_000)
    managed: bool = True
    networks: list[Network] = Field(default_factory=list, max_length=10_000, examples=["203.0.113.0/24"])
    countries: list[Country] = Field(default_factory=list, max_length=50, examples=["DE"])
