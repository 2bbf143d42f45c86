"""Rules about backups."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from settings.existing_domain import ExistingDomain
from settings.new_domain import NewDomain
from settings.serverless import Serverless

if TYPE_CHECKING:
    from settings import Environment


def backups_are_of_a_domain(environment: Environment) -> Iterable[str]:
    """A collection and a self-managed engine cannot write snapshots into a bucket with a role."""
    if environment.backup is None or isinstance(environment.search, NewDomain | ExistingDomain):
        return
    if isinstance(environment.search, Serverless):
        yield (
            "backup is for a domain, but search.kind is 'serverless'; remove backup, because Amazon takes a snapshot "
            "of a collection every hour"
        )
    else:
        yield (
            "backup is for a domain, but search.kind is 'self-managed'; remove backup, and back up the engine yourself"
        )


def backups_are_taken_by_the_keeper(environment: Environment) -> Iterable[str]:
    """Backups need the keeper, which takes them."""
    if environment.backup and environment.keeper is None:
        yield "backup needs the keeper, which takes the snapshots; remove `keeper: off`"


def backups_of_others_are_restored(environment: Environment) -> Iterable[str]:
    """`restores` must not name the environment itself, which may always restore its own backups."""
    if environment.backup and environment.name in environment.backup.restores:
        yield (
            f"backup.restores names {environment.name} itself, whose backups can always be restored; remove it from "
            f"the list"
        )
