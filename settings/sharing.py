"""Whether people share conversations by a link."""

from __future__ import annotations

from pydantic import Field

from settings import Group


class Sharing(Group):
    """People share a conversation by a link, for as many `days` as they choose, up to these.

    It is for people of the environment who are signed in; each sees the answers whose sources they may all see. Owners
    list and end the links of all.
    """

    days: int = Field(default=30, ge=1, le=365)
