"""Alias: the name of an index for its users, while one index version replaces another.

It is updated in place, so a rollback of CloudFormation moves it back. An alias has no field for a mark, so it belongs
to the stack of the index that it names.
"""

# ruff: noqa: ARG002 - all kinds share one signature per verb

from collections.abc import Collection
from dataclasses import dataclass

from mlcommons.carrying import move, thaw
from mlcommons.client import Client
from mlcommons.errors import Unready
from mlcommons.index_version import IndexVersion, give, index_versions, take
from mlcommons.kind import Kind, Observed
from mlcommons.kinds.index import is_index_name
from mlcommons.owner import Owner


@dataclass(frozen=True)
class AliasSpec:
    """`index` belongs to this stack and is named `<name>-…`; it takes over the documents of the previous index."""

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
        versions = index_versions(client, physical_id)
        for version in versions:
            if version.name == physical_id:  # an index of that name, so there is no alias
                return Observed(physical_id, version.owner, [version])
        bearers = [version for version in versions if version.bears(physical_id)]
        if not bearers:
            return None
        strange = [version for version in bearers if version.owner is None or version.owner.stack != owner.stack]
        return Observed(physical_id, strange[0].owner if strange else owner, bearers)

    def changes(self, observed: Observed, spec: AliasSpec) -> Collection[str]:
        if spec.name != observed.physical_id:
            return {"name"}
        bearers: list[IndexVersion] = observed.body
        named = [version.name for version in bearers] == [spec.index]
        return () if named and not bearers[0].is_frozen else {"index"}

    def create(self, client: Client, spec: AliasSpec, owner: Owner) -> str:
        give(client, spec.name, _index_version(client, spec, owner).name)
        return spec.name

    def update(self, client: Client, observed: Observed, spec: AliasSpec, owner: Owner) -> None:
        bearers: list[IndexVersion] = observed.body
        if len(bearers) > 1:
            names = " and ".join(sorted(bearer.name for bearer in bearers))
            raise Unready(
                f"Moving the alias {spec.name}", f"it names {names}", "Remove it from all but the index in use."
            )
        new = _index_version(client, spec, owner)
        if bearers[0].name == new.name:
            thaw(client, new)
        else:
            move(client, spec.name, bearers[0], new)

    def delete(self, client: Client, observed: Observed, owner: Owner) -> str:
        take(client, observed.physical_id, [index.name for index in observed.body])
        return ""


def _index_version(client: Client, spec: AliasSpec, owner: Owner) -> IndexVersion:
    for version in index_versions(client, spec.name, spec.index):
        if version.name == spec.index and version.owner and version.owner.stack == owner.stack:
            return version
    cause = f"the stack {owner.stack} has no index {spec.index}"
    raise Unready(f"Setting the alias {spec.name}", cause, f"Create the index first, with a name {spec.name}-….")
