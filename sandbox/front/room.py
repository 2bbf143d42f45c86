"""An engine, and what the front keeps of it. Each open domain has a room of its own: domains share nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sandbox.front.connector import ConnectorGate
from sandbox.front.engine import EngineConnections
from sandbox.front.mappings import MappingGate
from sandbox.front.master import MasterUsers
from sandbox.front.trusted import TrustedSetting


class NoEngineLeft(Exception):
    """The local cloud's engine has a domain, and no other engine could be started."""


class SpareEngines(Protocol):
    """Starts and ends an engine for a domain that is not the first."""

    def start(self, domain: str) -> str:
        """The URL of an engine that answers, with the certificates of the first. Raises NoEngineLeft."""

    def stop(self, domain: str) -> None:
        """Ends the engine and deletes its data."""


@dataclass(frozen=True)
class Room:
    """`mappings` is None for an engine that keeps vectors as it is told, because it has the native libraries."""

    engine: EngineConnections
    trusted: TrustedSetting
    gate: ConnectorGate
    masters: MasterUsers
    mappings: MappingGate | None
