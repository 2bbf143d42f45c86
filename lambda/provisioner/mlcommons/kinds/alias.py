"""Alias: the name that people use for an index, while one generation of it takes the place of another.

It is moved in place, so that CloudFormation moves it back when it rolls back. It belongs to the stack of the index that
it names; an alias has no field for a mark of its own.
"""

# ruff: noqa: ARG002 - all kinds share one signature per verb

from collections.abc import Collection
from dataclasses import dataclass

from mlcommons.carrying import move, thaw
from mlcommons.client import Client
from mlcommons.errors import Unready
from mlcommons.generation import Generation, generations, give, take
from mlcommons.kind import Kind, Observed
from mlcommons.kinds.index import is_index_name
from mlcommons.owner import Owner


@dataclass(frozen=True)
class AliasSpec:
    """`index` is one of this stack, called `<name>-…`; it takes over the documents of the one named before."""

    name: str
    index: str


class Alias(Kind[AliasSpec]):
    name = "Alias"
    spec_type = AliasSpec
    replace_on = frozenset({"name"})

    def could_be(self, physical_id: str, owner: Owner) -> bool:
        return is_index_name(physical_id)

    def find(self, client: Client, spec: AliasSpec, owner: Owner) -> Observed | None:
        return self.read(client, spec.name, owner)

    def read(self, client: Client, physical_id: str, owner: Owner) -> Observed | None:
        found = generations(client, physical_id)
        for one in found:
            if one.name == physical_id:  # an index of that name, so there is no alias
                return Observed(physical_id, one.owner, [one])
        bearers = [one for one in found if one.bears(physical_id)]
        if not bearers:
            return None
        strange = [one for one in bearers if one.owner is None or one.owner.stack != owner.stack]
        return Observed(physical_id, strange[0].owner if strange else owner, bearers)

    def changes(self, observed: Observed, spec: AliasSpec) -> Collection[str]:
        if spec.name != observed.physical_id:
            return {"name"}
        bearers: list[Generation] = observed.body
        named = [one.name for one in bearers] == [spec.index]
        return () if named and not bearers[0].is_frozen else {"index"}

    def create(self, client: Client, spec: AliasSpec, owner: Owner) -> str:
        give(client, spec.name, _generation(client, spec, owner).name)
        return spec.name

    def update(self, client: Client, observed: Observed, spec: AliasSpec, owner: Owner) -> None:
        bearers: list[Generation] = observed.body
        if len(bearers) > 1:
            names = " and ".join(sorted(one.name for one in bearers))
            raise Unready(f"Moving the alias {spec.name}", f"it names {names}", "Take it from all but the one in use.")
        new = _generation(client, spec, owner)
        if bearers[0].name == new.name:
            thaw(client, new)
        else:
            move(client, spec.name, bearers[0], new)

    def delete(self, client: Client, observed: Observed, owner: Owner) -> str:
        take(client, observed.physical_id, [one.name for one in observed.body])
        return ""


def _generation(client: Client, spec: AliasSpec, owner: Owner) -> Generation:
    for one in generations(client, spec.name):
        if one.name == spec.index and one.owner and one.owner.stack == owner.stack:
            return one
    cause = f"the stack {owner.stack} has no index {spec.index}"
    raise Unready(f"Giving the alias {spec.name}", cause, f"It must be made first, and be called {spec.name}-….")
