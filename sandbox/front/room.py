"""A room is an engine with the front's objects for it. Each open domain has its own room: domains share nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sandbox.front.connector import ConnectorGate
from sandbox.front.engine import EngineConnections
from sandbox.front.mappings import MappingGate
from sandbox.front.master import MasterUsers
from sandbox.front.trusted import TrustedSetting


class NoEngineLeft(Exception):
    """The local cloud's engine already has a domain, and no other engine could be started."""


class SpareEngines(Protocol):
    """Starts and stops an engine for each domain after the first."""

    def start(self, domain: str) -> str:
        """Starts an engine and returns its URL when it answers. It has the first engine's certificates.

        Raises NoEngineLeft.
        """

    def stop(self, domain: str) -> None:
        """Stops the domain's engine and deletes its data."""


@dataclass(frozen=True)
class Room:
    """An engine with its gates. `mappings` is None if the engine has the native libraries for vectors."""

    engine: EngineConnections
    trusted: TrustedSetting
    gate: ConnectorGate
    masters: MasterUsers
    mappings: MappingGate | None
