"""Your own host name for something that AWS serves, with its certificate."""

from __future__ import annotations

from pydantic import Field

from settings import Group


class OwnName(Group):
    """Your own host `name`, and `certificate_arn` of its certificate in ACM, in the environment's region. You create
    the CNAME record.
    """

    name: str = Field(
        pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$", examples=["search.example.com"]
    )
    certificate_arn: str = Field(
        pattern=r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[0-9a-f-]{36}$",
        examples=["arn:aws:acm:us-east-1:111122223333:certificate/01234567-89ab-cdef-0123-456789abcdef"],
    )


class AssistantName(OwnName):
    """The host `name` of the assistant, and `certificate_arn` of its certificate in ACM, in the environment's region.

    With `hosted_zone`, the id of a public hosted zone of Route 53 in this account, the deploy creates the name's
    record; without it you create a CNAME record.
    """

    hosted_zone: str | None = Field(default=None, pattern=r"^Z[A-Z0-9]{8,31}$", examples=["Z0123456789ABCDEFGHIJ"])
