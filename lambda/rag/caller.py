"""Who asks, and what they may see and change: the one filter and the one check for documents of groups.

`osml.access` of a passage has the `groups` that may see its document, its `loader`, the `role` that the loader had
then, and the digest of its `original`, the file, where that is kept. A document without groups is for everybody who is
signed in.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from settings.access import ROLES, LoadedBy, Role

ACCESS = "osml.access"
GROUPS, LOADER = f"{ACCESS}.groups", f"{ACCESS}.loader"
# The id of operators, who work with the engine itself or with the functions, past the API.
OPERATORS = "operators"


@dataclass(frozen=True)
class Held:
    """Whose a stored document is: the groups of its passages, and their loaders; an empty loader is no known person."""

    groups: frozenset[str]
    loaders: frozenset[str]


@dataclass(frozen=True)
class Caller:
    """Somebody who is signed in. `groups` are theirs; None sees the documents of all groups.

    `shared` callers may be several people: holders of a key, or sessions of a role. `name` is for other people to read;
    it is empty where none is known.
    """

    id: str
    role: Role = "reader"
    groups: frozenset[str] | None = frozenset()
    shared: bool = False
    name: str = ""

    def has(self, role: Role) -> bool:
        """Whether they may do what `role` may."""
        return ROLES.index(self.role) >= ROLES.index(role)

    @property
    def loader(self) -> str | None:
        """What a document that they load says of them; nothing of operators, whose documents are nobody's own."""
        return None if self.id == OPERATORS else self.id

    @property
    def clauses(self) -> list[dict[str, Any]]:
        """What every query for them must have among its filters."""
        if self.groups is None:
            return []
        everybody = {"bool": {"must_not": [{"exists": {"field": GROUPS}}]}}
        theirs = [{"terms": {GROUPS: sorted(self.groups)}}] if self.groups else []
        return [{"bool": {"should": [everybody, *theirs], "minimum_should_match": 1}}]

    def sees(self, groups: Collection[str]) -> bool:
        """Whether they may see a document of these groups."""
        return self.groups is None or not groups or not self.groups.isdisjoint(groups)

    def changes(self, held: Held) -> bool:
        """Whether they may replace or remove a stored document: an editor their own, an owner all."""
        return self.has("owner") or (self.has("editor") and held.loaders == {self.id})

    def strange(self, groups: Iterable[str]) -> list[str]:
        """Those of the groups that they are not in, and cannot give a document to."""
        return [] if self.groups is None else [group for group in groups if group not in self.groups]


OPERATOR = Caller(OPERATORS, "owner", None, shared=True)


def access_in(source: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a stored passage says of its access; nothing if it says nothing."""
    ours = source.get("osml")
    access = ours.get("access") if isinstance(ours, Mapping) else None
    return access if isinstance(access, Mapping) else {}


def groups_in(source: Mapping[str, Any]) -> list[str]:
    """The groups of a stored passage."""
    groups = access_in(source).get("groups") or []
    return [str(group) for group in (groups if isinstance(groups, list) else [groups])]


def loaded_by(source: Mapping[str, Any]) -> LoadedBy:
    """Who has loaded a stored passage. Operators leave no name; of a person of whom no role is known, the least one."""
    access = access_in(source)
    if not access.get("loader"):
        return "operators"
    return "owner" if access.get("role") == "owner" else "editor"
