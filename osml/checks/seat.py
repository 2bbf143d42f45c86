"""Where the user sits: identity, settings, stacks and engine, each looked up when a check first asks for it."""

from functools import cached_property
from typing import Any

import boto3

from mlcommons import Client
from mlcommons.client import path_of
from osml.domain import Domain
from osml.engine import reader
from osml.environment import Environment
from osml.environment.serverless import Serverless
from osml.place import Place
from osml.stack import Knowledge, knowledge
from osml.stack_state import StackState, stack_states
from osml.watched import Watched, watched


class Seat:
    """Everything that the checks of one run share. Attributes raise Failure when they cannot be had."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.vectors: dict[str, int] = {}
        """How long the vectors of a model are, by its id; the model probe writes it, the dimension's check reads it."""

    @cached_property
    def settings(self) -> Environment:
        """The environment's settings; raises SettingError."""
        return self.place.settings()

    @cached_property
    def session(self) -> boto3.Session:
        """The caller's own, in the environment's region."""
        return boto3.Session(region_name=self.settings.region)

    @property
    def on_collection(self) -> bool:
        """Whether it searches on a collection, which has no models, pipelines and role mappings."""
        return isinstance(self.settings.search, Serverless)

    @cached_property
    def stacks(self) -> list[StackState]:
        """The environment's stacks that exist."""
        return stack_states(self.session, self.place)

    @cached_property
    def watched(self) -> list[Watched]:
        """What the stacks have made in the engine."""
        return watched(self.session, self.stacks)

    def of_kind(self, kind: str) -> list[Watched]:
        """The watched objects of one kind."""
        return [one for one in self.watched if one.kind == kind]

    @cached_property
    def knowledge(self) -> Knowledge:
        """Outputs of the knowledge stack."""
        return knowledge(self.place)

    @cached_property
    def domain(self) -> Domain:
        """Requests as the operator; raises Failure when the caller may not become one."""
        return Domain(self.knowledge)

    @cached_property
    def client(self) -> Client:
        """Requests as the operator, each sent once; its errors are `ProvisioningError`."""
        return reader(self.domain)

    @cached_property
    def index(self) -> dict[str, Any]:
        """Settings and mappings of the index that is searched, by whatever name or alias; empty when it is missing."""
        found = self.client.find(path_of(self.knowledge.index)) or {}
        return next(iter(found.values()), {})
