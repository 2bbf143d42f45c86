"""The front: endpoints of domains and collections that behave like Amazon's. Each domain has its own engine."""

from __future__ import annotations

import logging
import ssl
from threading import RLock
from typing import Any

from sandbox.front.authority import Authority, DescribedDomain
from sandbox.front.collection.door import CollectionDoor
from sandbox.front.collection.record import CollectionRecord, Policies
from sandbox.front.collection.role import CollectionRoles
from sandbox.front.connector import ConnectorGate
from sandbox.front.credential import CredentialDesk
from sandbox.front.egress import Egress
from sandbox.front.engine import EngineConnections
from sandbox.front.gateway import Gateway
from sandbox.front.listener import Listener, Respond
from sandbox.front.mappings import MappingGate
from sandbox.front.master import MasterUsers
from sandbox.front.refusal import ModelsUnreachable
from sandbox.front.replay import Replays
from sandbox.front.room import NoEngineLeft, Room, SpareEngines
from sandbox.front.settings import FrontSettings
from sandbox.front.snapshots import SnapshotGate
from sandbox.front.trusted import TrustedSetting
from sandbox.front.upstream import Upstream
from sandbox.front.url_rewriter import UrlRewriter

logger = logging.getLogger(__name__)


class NoPortLeft(Exception):
    """Every port of the range is in use."""


class Front:
    """Opens and closes domains and collections. All methods may be called from any thread."""

    def __init__(self, settings: FrontSettings, authority: Authority, spare: SpareEngines | None = None) -> None:
        """Without `spare` there is only one engine, and so at most one open domain."""
        self._settings = settings
        self._authority = authority
        self._spare = spare
        self._models = Upstream(settings.models_url, ModelsUnreachable, seconds=600.0)
        self._rewriter = UrlRewriter(settings.egress_port)
        self._desk = CredentialDesk(authority, settings.young_role_seconds)
        self._snapshots = SnapshotGate(self._desk, authority, settings.snapshots)
        self._main = self._room(settings.engine_url)
        self._roles = CollectionRoles(self._main.engine)
        self._replays = Replays(settings.together_seconds)
        self._egress: Listener | None = None
        self._doors: dict[str, tuple[Listener, Gateway, Room]] = {}
        self._collections: dict[str, tuple[Listener, CollectionRecord]] = {}
        self._lock = RLock()
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(settings.server_cert, settings.server_key)

    def start(self) -> None:
        """Opens the egress; raises OSError if its port is in use."""
        egress = Egress(self._authority, self._models, self._settings.model_hosts)
        self._egress = Listener(self._settings.egress_port, egress.respond)

    def add_domain(self, domain: DescribedDomain) -> int:
        """Installs the master user in the domain's engine, opens the domain's port and returns it.

        The first domain uses the engine of the settings; every further domain gets its own engine. An open domain is
        updated. Raises `EngineUnreachable`, `EngineRefused`, `NoEngineLeft` and `NoPortLeft`.
        """
        with self._lock:
            if domain.arn in self._doors:
                self.update_domain(domain)
                return self._doors[domain.arn][0].port
            room = self._free_room(domain.name)
            try:
                return self._let_in(domain, room)
            except Exception:
                self._leave(domain.name, room)
                raise

    def _let_in(self, domain: DescribedDomain, room: Room) -> int:
        if room.engine.has_ml:
            room.trusted.ensure()
        room.masters.install(domain)
        gateway = Gateway(
            domain,
            self._authority,
            room.engine,
            room.gate,
            room.trusted,
            self._rewriter,
            self._replays,
            self._snapshots,
            room.mappings,
        )
        listener = self._open(domain.name, domain.endpoint_port, gateway.respond)
        self._doors[domain.arn] = (listener, gateway, room)
        logger.info("domain %s listens on port %s", domain.name, listener.port)
        return listener.port

    def update_domain(self, domain: DescribedDomain) -> None:
        """Replaces the policies and the master user; the port stays. Raises KeyError for a domain that is not open."""
        with self._lock:
            _, gateway, room = self._doors[domain.arn]
            before, gateway.domain = gateway.domain, domain
            room.masters.install(domain)
            if _master(before) != _master(domain):
                room.masters.remove(before)

    def remove_domain(self, arn: str) -> None:
        """Closes the port, then removes the master user from the engine. An unknown domain is ignored.

        Raises `EngineUnreachable` if the engine does not answer: the port is then closed, and the user still mapped.
        """
        with self._lock:
            door = self._doors.pop(arn, None)
            if door is None:
                return
            listener, gateway, room = door
            listener.close()
            try:
                room.masters.remove(gateway.domain)
                if room is self._main and room.engine.has_ml:
                    room.trusted.withdraw()
            finally:
                self._leave(gateway.domain.name, room)

    def cluster_health(self, arn: str) -> dict[str, Any]:
        """The `_cluster/health` of the domain's engine.

        Raises `EngineUnreachable`, and KeyError for a domain that is not open.
        """
        _, _, room = self._doors[arn]
        _, health = room.engine.administer("GET", "/_cluster/health")
        return dict(health)

    def add_collection(self, collection: CollectionRecord, policies: Policies) -> int:
        """Makes the collection's role in the engine, opens its port and returns it. An open collection is unchanged.

        `policies` are read at every request. Raises `EngineUnreachable`, `EngineRefused` and `NoPortLeft`.
        """
        with self._lock:
            if collection.arn in self._collections:
                return self._collections[collection.arn][0].port
            self._roles.install(collection)
            door = CollectionDoor(
                collection,
                self._authority,
                self._main.engine,
                policies,
                self._replays,
                self._settings.young_role_seconds,
            )
            try:
                listener = self._open(collection.name, collection.endpoint_port, door.respond)
            except NoPortLeft:
                self._roles.remove(collection)
                raise
            self._collections[collection.arn] = (listener, collection)
            logger.info("collection %s listens on port %s", collection.name, listener.port)
            return listener.port

    def remove_collection(self, arn: str) -> None:
        """Closes the port, then removes the collection's indexes and role. An unknown collection is ignored.

        Raises `EngineUnreachable` if the engine does not answer: the port is then closed, and the indexes still exist.
        """
        with self._lock:
            listener, collection = self._collections.pop(arn, (None, None))
            if listener is None or collection is None:
                return
            listener.close()
            self._roles.remove(collection)

    def stop(self) -> None:
        """Closes every port. The engines keep their data."""
        with self._lock:
            for listener, _, room in self._doors.values():
                listener.close()
                room.engine.close()
            for listener, _ in self._collections.values():
                listener.close()
            self._doors.clear()
            self._collections.clear()
            if self._egress is not None:
                self._egress.close()
                self._egress = None
            self._main.engine.close()
            self._models.close()

    def _open(self, name: str, wanted: int | None, respond: Respond) -> Listener:
        first, last = self._settings.domain_ports
        ports = range(first, last + 1) if wanted is None else [wanted]
        for port in ports:
            try:
                return Listener(port, respond, self._tls)
            except OSError as error:
                logger.info("port %s is not free for %s: %s", port, name, error)
        raise NoPortLeft(
            f"No port of {ports[0]} to {ports[-1]} is free for {name}. Destroy a stack with a domain or a collection, "
            "or widen the range of domain ports."
        )

    def _room(self, url: str) -> Room:
        settings = self._settings
        engine = EngineConnections.at(url, settings.ca, settings.admin_cert, settings.admin_key)
        trusted = TrustedSetting(engine, self._rewriter.pattern)
        gate = ConnectorGate(self._desk, trusted, self._rewriter)
        return Room(
            engine, trusted, gate, MasterUsers(engine), None if settings.has_native_vectors else MappingGate(engine)
        )

    def _free_room(self, domain: str) -> Room:
        """The room with the first engine if no domain uses it, otherwise a new room. Raises `NoEngineLeft`."""
        holders = [gateway.domain.name for _, gateway, room in self._doors.values() if room is self._main]
        if not holders:
            return self._main
        if self._spare is None:
            raise NoEngineLeft(f"The engine is your own, and the domain {holders[0]} has it.")
        return self._room(self._spare.start(domain))

    def _leave(self, domain: str, room: Room) -> None:
        """Stops the room's engine, unless it is the first."""
        if room is not self._main and self._spare is not None:
            room.engine.close()
            self._spare.stop(domain)


def _master(domain: DescribedDomain) -> tuple[str | None, str | None]:
    return domain.master_user_arn, domain.master_user_name
