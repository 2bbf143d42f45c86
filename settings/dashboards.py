"""The settings for signing in to Dashboards of a new domain: `search.dashboards`."""

from __future__ import annotations

from pydantic import Field

from settings import Group
from settings.search import RoleArn


class Dashboards(Group):
    """People sign in to Dashboards with your Cognito `user_pool`, at the domain's own address.

    `identity_pool` gives them the `role`, which decides what they may do: a role of `search.admins` may do everything,
    and any other role only what an administrator maps it to. Amazon adds a client to both pools.
    """

    user_pool: str = Field(pattern=r"^[a-z0-9-]{1,45}_[0-9a-zA-Z]{1,9}$", examples=["us-east-1_AbCdEfGhI"])
    identity_pool: str = Field(
        pattern=r"^[a-z0-9-]{1,18}:[0-9a-f-]{36}$", examples=["us-east-1:01234567-89ab-cdef-0123-456789abcdef"]
    )
    role: RoleArn = Field(examples=["arn:aws:iam::111122223333:role/Dashboards"])
