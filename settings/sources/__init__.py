"""Sources of documents with which the index is kept up to date: one module for each `kind`, found automatically."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from settings import Group
from settings.access import GroupName
from settings.address_range import address_range
from settings.discovery import class_of, modules
from settings.off_value import Off
from settings.schedule import Cron
from settings.secret import Secret

Glob = Annotated[str, StringConstraints(min_length=1, max_length=500)]
# Addresses that are never reached: those of link-local services, such as the one that serves credentials.
NEVER = tuple(map(ip_network, ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "0.0.0.0/8")))
SourceName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]


def _without_credentials(cidr: str) -> str:
    network = ip_network(address_range(cidr))
    if any(network.version == never.version and network.overlaps(never) for never in NEVER):
        raise ValueError(f"{cidr} includes link-local addresses, where credentials are given out; leave it out")
    return cidr


Network = Annotated[str, AfterValidator(_without_credentials)]


class SourceSettings(Group):
    """What all kinds of sources share.

    A run begins at the times of `schedule`, in UTC; `schedule: off` for runs by hand alone. Documents that match a
    pattern of `include`, if there are any, and none of `exclude` are loaded; `*` stands for any characters. When more
    than `most_removed` percent of the documents are gone at once, none is removed, and an alarm fires. Only people of
    the `groups` see the documents; without any, everybody who is signed in does. `kind` chooses where the documents
    are, and with it the other settings of the source.
    """

    kind: str
    schedule: Annotated[Cron | None, Off] = Field(default="cron(0 3 * * ? *)", examples=["cron(30 2 ? * MON-FRI *)"])
    include: list[Glob] = Field(default_factory=list, examples=["*/guide/*"])
    exclude: list[Glob] = Field(default_factory=list, examples=["*/archive/*"])
    most_removed: int = Field(default=50, ge=0, le=100)
    groups: list[GroupName] = Field(default_factory=list, max_length=100, examples=["hr"])

    @property
    def secret_settings(self) -> Secret | None:
        """The secret with the source's key, None for a source that needs none."""
        return None

    @property
    def objects(self) -> tuple[str, str] | None:
        """The bucket and the prefix of S3 that the function reads, None for other kinds."""
        return None


def kinds() -> list[str]:
    """All kinds; each is a module."""
    return modules(__name__)


@cache
def source_class(kind: str) -> type[SourceSettings]:
    """The settings of `kind`; no other module is imported. Raises ValueError when there is no such kind."""
    if kind not in kinds():
        raise ValueError(f"kind is {kind!r}, but can be {', '.join(kinds())} only")
    return class_of(import_module(f"{__name__}.{kind}"), SourceSettings)


def source_of(written: Mapping[str, Any]) -> SourceSettings:
    """The settings of a source from the JSON that a function gets."""
    return source_class(str(written["kind"])).model_validate(written, strict=False)
