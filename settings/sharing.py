"""The settings of sharing: whether people can share conversations by a link."""

from __future__ import annotations

from pydantic import Field

from settings import Group


class Sharing(Group):
    """People can share a conversation by a link, for a number of days that they choose, at most `days`. Only people who
    are signed in to the environment can open it; each sees only answers whose sources they may all see. Owners can list
    and remove everybody's links.
    """

    days: int = Field(default=30, ge=1, le=365)
