"""Takes backups of the environment's indexes when they are due, and deletes old ones."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from calls.count_of import count_of
from mlcommons import Client
from mlcommons.errors import ProvisioningError
from mlcommons.watched import Watched
from report import KeeperFinding
from snapshots import UNDER_WAY, Repository, Snapshot

VARIABLE = "BACKUP"
ABOUT = "the backup"


@dataclass(frozen=True)
class Backups:
    """The template's settings for backups: the environment, their repository, interval, age, and places by environment.

    `hours` is the interval, `keep_days` how long backups are kept. The environment's own place has its name as key; the
    others are only read.
    """

    environment: str
    repository: str
    hours: int
    keep_days: int
    places: dict[str, dict[str, Any]]

    def own(self, client: Client) -> Repository:
        """The environment's own repository."""
        return Repository(client, self.repository, self.places[self.environment])

    def of(self, client: Client, environment: str) -> Repository:
        """The repository of an environment whose backups may be restored here; raises KeyError for others."""
        if environment == self.environment:
            return self.own(client)
        return Repository(
            client, f"{self.repository}-from-{environment}", self.places[environment] | {"readonly": True}
        )

    def findings(self, client: Client, objects: Sequence[Watched], now: datetime) -> Iterator[KeeperFinding]:
        """Take a backup if one is due, and delete those that are too old or incomplete."""
        try:
            repository = self.own(client)
            repository.register()
            taken = repository.snapshots()
            yield from self._taken(repository, taken, objects, now)
            yield from self._deleted(repository, taken, now)
        except ProvisioningError as error:
            yield KeeperFinding("Unhealed", ABOUT, str(error))

    def take(self, client: Client, objects: Sequence[Watched], now: datetime) -> str:
        """Begin a backup of all indexes, and return its name."""
        begun = now.astimezone(UTC)
        # With milliseconds: the schedule and a person may begin a backup in the same second.
        name = f"{self.repository}-{begun:%Y-%m-%dt%H-%M-%S}-{begun.microsecond // 1000:03}"
        repository = self.own(client)
        repository.register()
        repository.take(name, indexes(objects))
        return name

    def _taken(
        self, repository: Repository, taken: Sequence[Snapshot], objects: Sequence[Watched], now: datetime
    ) -> Iterator[KeeperFinding]:
        whole = [snapshot for snapshot in taken if snapshot.is_whole]
        if any(snapshot.state == UNDER_WAY for snapshot in taken):
            return
        if taken and not taken[-1].is_whole:
            last = taken[-1]
            yield KeeperFinding("Unhealed", ABOUT, f"{last.name} is {last.state}: {last.why or 'no reason was given'}")
        if not whole or now - whole[-1].began >= timedelta(hours=self.hours):
            yield KeeperFinding("Saved", self.take(repository.client, objects, now), "it was due")

    def _deleted(self, repository: Repository, taken: Sequence[Snapshot], now: datetime) -> Iterator[KeeperFinding]:
        """Delete old and incomplete backups; the last complete backup stays, however old it is."""
        whole = [snapshot for snapshot in taken if snapshot.is_whole]
        for snapshot in taken:
            newer = whole and whole[-1].began > snapshot.began
            old = now - snapshot.began > timedelta(days=self.keep_days)
            if newer and snapshot.state != UNDER_WAY and (old or not snapshot.is_whole):
                repository.delete(snapshot.name)
                why = f"it is older than {count_of(self.keep_days, 'day')}" if old else f"it is {snapshot.state}"
                yield KeeperFinding("Expired", snapshot.name, why)


def backups() -> Backups | None:
    """The template's settings for backups; None if it has none."""
    settings = json.loads(os.environ.get(VARIABLE, "null"))
    return Backups(**settings) if settings else None


def indexes(objects: Sequence[Watched]) -> list[str]:
    """The names of the environment's indexes: documents, conversations and feedback."""
    return [entry.id for entry in objects if entry.kind == "Index"]
