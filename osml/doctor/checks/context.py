"""The context of one run's checks: identity, settings, stacks and engine, each read at its first use."""

from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

import boto3

from mlcommons import Client
from mlcommons.client import path_of
from mlcommons.drift import Compared, compare
from mlcommons.watched import Watched
from osml.place import Place
from osml.remote.domain import Domain
from osml.remote.engine import reader
from osml.remote.stack import Knowledge, knowledge
from osml.remote.stack_state import StackState, stack_states
from osml.status.desired import desired
from settings import Environment
from settings.serverless import Serverless


class Context:
    """Each attribute raises Failure when it cannot be read."""

    def __init__(self, place: Place, today: date | None = None) -> None:
        self.place = place
        self.today = today or datetime.now(UTC).date()
        self.vectors: dict[str, int] = {}
        """The vector length of each model, by its id; the model check writes it, the dimension check reads it."""

    @cached_property
    def settings(self) -> Environment:
        """The environment's settings; raises SettingError."""
        return self.place.settings()

    @cached_property
    def session(self) -> boto3.Session:
        """The caller's boto3 session, in the environment's region."""
        return boto3.Session(region_name=self.settings.region)

    def way_to(self, host: str) -> str:
        """The address of the provider `host`: its own, or that of the local cloud's model endpoints."""
        instance = self.place.instance
        return f"http://127.0.0.1:{instance.ports().models}/_aws/{host}" if instance else f"https://{host}"

    @property
    def on_collection(self) -> bool:
        """Whether the environment uses a collection, which has no models, pipelines or role mappings."""
        return isinstance(self.settings.search, Serverless)

    @cached_property
    def stacks(self) -> list[StackState]:
        """The existing stacks of the environment."""
        return stack_states(self.session, self.place)

    @cached_property
    def watched(self) -> list[Watched]:
        """The objects that the stacks created in the engine."""
        return desired(self.session, self.stacks)

    def of_kind(self, kind: str) -> list[Watched]:
        """The watched objects of one kind."""
        return [entry for entry in self.watched if entry.kind == kind]

    @cached_property
    def knowledge(self) -> Knowledge:
        """Outputs of the knowledge stack."""
        return knowledge(self.place)

    @cached_property
    def domain(self) -> Domain:
        """A domain that is called as the operator; raises Failure when the caller may not assume the role."""
        return Domain(self.knowledge)

    @cached_property
    def client(self) -> Client:
        """A client that sends each request once, as the operator; its errors are `ProvisioningError`."""
        return reader(self.domain)

    @cached_property
    def compared(self) -> list[Compared]:
        """Every object in the engine, compared with its stack; none on a collection."""
        return [] if self.on_collection else [compare(self.client, entry) for entry in self.watched]

    @cached_property
    def index(self) -> dict[str, Any]:
        """Settings and mappings of the searched index; empty if it is missing."""
        indexes = self.client.find(path_of(self.knowledge.index)) or {}
        return next(iter(indexes.values()), {})
