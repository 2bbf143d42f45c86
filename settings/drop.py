"""The settings of the drop: a bucket whose objects become documents of the index."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from settings import Group
from settings.access import GroupName

Prefix = Annotated[str, StringConstraints(pattern=r"^[^/\s]([^\n]{0,500}[^/\n])?/$")]


class Drop(Group):
    """A bucket, a queue and a function that loads objects under `documents/`.

    At most `concurrency` calls of the function run at once, each for up to `objects` objects and `seconds` long.
    An object that could not be loaded `attempts` times goes to the dead-letter queue. An alarm fires for a dead
    letter, and when an object has waited for `late_minutes`. Only members of the `groups` of a prefix, such as `hr/`,
    see documents of the objects under `documents/hr/`; the longest matching prefix counts. Everybody sees all other
    documents.
    """

    concurrency: int = Field(default=5, ge=2, le=1000)
    objects: int = Field(default=10, ge=1, le=10)
    seconds: int = Field(default=300, ge=30, le=900)
    attempts: int = Field(default=5, ge=2, le=1000)
    late_minutes: int = Field(default=60, ge=1, le=1440)
    groups: dict[Prefix, Annotated[list[GroupName], Field(max_length=100)]] = Field(
        default_factory=dict, max_length=100, examples=[{"hr/": ["hr"]}]
    )
