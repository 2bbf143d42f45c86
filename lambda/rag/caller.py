"""The caller of a request, and the only filter and the only check for the documents that they may see and change.

The field `osml.access` of a passage contains the `groups` that may see its document, and the `loader`. It also contains
the `role` that the loader had at that time, and the digest of the `original` file if that is stored. A document without
groups is for everybody who is signed in.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from settings.access import ROLES, LoadedBy, Role

ACCESS = "osml.access"
GROUPS, LOADER = f"{ACCESS}.groups", f"{ACCESS}.loader"
# The id of operators, who call the engine or the functions directly instead of the API.
OPERATORS = "operators"


@dataclass(frozen=True)
class Held:
    """The groups and the loaders of a stored document's passages. An empty loader is not a known person."""

    groups: frozenset[str]
    loaders: frozenset[str]


@dataclass(frozen=True)
class Caller:
    """A caller who is signed in. A caller whose `groups` is None sees the documents of all groups.

    A `shared` caller may be several people: those with the same key, or with sessions of the same role. `name` is shown
    to other people; it is empty if none is known.
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
        """The loader to store in documents that they load; None for operators, whose documents belong to no person."""
        return None if self.id == OPERATORS else self.id

    @property
    def clauses(self) -> list[dict[str, Any]]:
        """The filters that every query for this caller must contain."""
        if self.groups is None:
            return []
        everybody = {"bool": {"must_not": [{"exists": {"field": GROUPS}}]}}
        theirs = [{"terms": {GROUPS: sorted(self.groups)}}] if self.groups else []
        return [{"bool": {"should": [everybody, *theirs], "minimum_should_match": 1}}]

    def sees(self, groups: Collection[str]) -> bool:
        """Whether they may see a document of these groups."""
        return self.groups is None or not groups or not self.groups.isdisjoint(groups)

    def changes(self, held: Held) -> bool:
        """Whether they may replace or remove a stored document: editors may change their own, owners may change all."""
        return self.has("owner") or (self.has("editor") and held.loaders == {self.id})

    def strange(self, groups: Iterable[str]) -> list[str]:
        """The given groups that they are not in, and to which they therefore cannot give a document."""
        return [] if self.groups is None else [group for group in groups if group not in self.groups]


OPERATOR = Caller(OPERATORS, "owner", None, shared=True)


def access_in(source: Mapping[str, Any]) -> Mapping[str, Any]:
    """The `osml.access` of a stored passage; empty if it has none."""
    ours = source.get("osml")
    access = ours.get("access") if isinstance(ours, Mapping) else None
    return access if isinstance(access, Mapping) else {}


def groups_in(source: Mapping[str, Any]) -> list[str]:
    """The groups of a stored passage."""
    groups = access_in(source).get("groups") or []
    return [str(group) for group in (groups if isinstance(groups, list) else [groups])]


def loaded_by(source: Mapping[str, Any]) -> LoadedBy:
    """Who loaded a stored passage: operators if it has no loader, and an editor if the loader's role is unknown."""
    access = access_in(source)
    if not access.get("loader"):
        return "operators"
    return "owner" if access.get("role") == "owner" else "editor"
