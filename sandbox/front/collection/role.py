"""The security role of a collection's requests in the engine: it permits everything on the collection's own indexes.

It permits nothing else. The engine therefore also refuses index names in bodies that the front does not translate, for
example a terms lookup in another index.
"""

from __future__ import annotations

from sandbox.front.collection.record import CollectionRecord
from sandbox.front.request import FrontRequest
from sandbox.front.security_changes import EFFECTIVE_SECONDS, SECURITY_API, SecurityChanges

_CLUSTER = ["cluster_composite_ops", "cluster:monitor/state", "cluster:monitor/health", "indices:admin/analyze"]


class CollectionRoles(SecurityChanges):
    """Makes and removes the security role of a collection, whose only user is the collection's ARN."""

    def install(self, collection: CollectionRecord) -> None:
        """Make the role, and return when the engine applies it. Raises `EngineRefused` and `EngineUnreachable`."""
        name = _name(collection)
        permissions = {"index_patterns": [f"{collection.prefix}*"], "allowed_actions": ["indices_all"]}
        role = {"cluster_permissions": _CLUSTER, "index_permissions": [permissions]}
        self._engine.administer("PUT", f"{SECURITY_API}/roles/{name}", role)
        self._engine.administer("PUT", f"{SECURITY_API}/rolesmapping/{name}", {"users": [collection.arn]})
        request = FrontRequest("GET", "/_plugins/_security/authinfo", ())
        self._wait(
            lambda: f'"{name}"'.encode() in self._engine.forward(request, collection.arn).body,
            f"The role of the collection {collection.name} was made, but after {EFFECTIVE_SECONDS:.0f} s the "
            "engine does not give it to the collection's requests. See the engine's log.",
        )

    def remove(self, collection: CollectionRecord) -> None:
        """Remove the collection's indexes with their documents, then the role. Raises the same errors as `install`."""
        self._engine.administer("DELETE", f"/{collection.prefix}*?expand_wildcards=all")
        for kind in ("rolesmapping", "roles"):
            self._engine.administer("DELETE", f"{SECURITY_API}/{kind}/{_name(collection)}")


def _name(collection: CollectionRecord) -> str:
    return collection.prefix.removesuffix(".")
