"""What an environment says about its drop: a bucket whose objects become documents of the index."""

from __future__ import annotations

from pydantic import Field

from osml.environment.part import EnvironmentPart
from osml.environment.search import Engine, Search


class Drop(EnvironmentPart):
    """A bucket, a queue and the function that loads what is put under `documents/`.

    At most `concurrency` calls of the function run at once, each for up to `objects` objects and `seconds` long.
    An object that could not be loaded `attempts` times goes to the dead-letter queue. An alarm goes off when one is
    there, and when an object has waited for `late_minutes`.
    """

    concurrency: int = Field(default=5, ge=2, le=1000)
    objects: int = Field(default=10, ge=1, le=10)
    seconds: int = Field(default=300, ge=30, le=900)
    attempts: int = Field(default=5, ge=2, le=1000)
    late_minutes: int = Field(default=60, ge=1, le=1440)


def drop_fault(search: Search) -> str | None:
    """Why nothing can be dropped for this kind of engine, as a sentence; None when it can."""
    if not isinstance(search, Engine):
        return (
            "drop is set, but a collection has no pipeline that embeds what the function loads; "
            "leave drop out and send documents to the assistant's API or by osml ingest"
        )
    return None
