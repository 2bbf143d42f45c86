"""The settings of backups: snapshots of the environment's indexes in a bucket."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from settings import Group

HOURS = {"hourly": 1, "daily": 24, "weekly": 168}
EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,15}$")]


class Backup(Group):
    """Snapshots of documents, conversations and feedback, which the keeper takes by the `schedule`.

    They are deleted after `keep_days`, except the last complete one. Backups of the environments in `restores`, which
    must be in the same account and region, can also be restored here with `osml restore`.
    """

    schedule: Literal["hourly", "daily", "weekly"] = "daily"
    keep_days: int = Field(default=14, ge=1, le=3650)
    restores: list[EnvironmentName] = Field(default_factory=list, max_length=20, examples=[["prod"]])

    @property
    def hours(self) -> int:
        """The hours between two backups."""
        return HOURS[self.schedule]
