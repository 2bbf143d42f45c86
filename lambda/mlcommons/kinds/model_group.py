"""ModelGroup: the versions of a model, and who may use them. Its name is unique in the domain."""

# ruff: noqa: ARG002 - all kinds share one signature per verb

from collections.abc import Collection
from dataclasses import dataclass

from mlcommons.client import Client, path_of
from mlcommons.errors import Conflict, NotFound, Rejected
from mlcommons.kind import Kind, Observed
from mlcommons.owner import Owner, marked, marked_again, read_mark
from mlcommons.search import current, hits, marked_by, server_made

# ml-commons (3.6) ignores an empty description in an update of a group, so it cannot remove one.
UNDESCRIBED = "No description"


@dataclass(frozen=True)
class ModelGroupSpec:
    """`name` must be unique in the domain."""

    name: str
    description: str = ""


class ModelGroup(Kind[ModelGroupSpec]):
    name = "ModelGroup"
    spec_type = ModelGroupSpec

    def could_be(self, physical_id: str, owner: Owner) -> bool:
        return server_made(physical_id)

    def find(self, client: Client, spec: ModelGroupSpec, owner: Owner) -> Observed | None:
        """The owner's group by its mark, or another group that already has the name."""
        either = [{"match_phrase": {"name": spec.name}}, marked_by(owner)]
        seen = hits(client, "model_groups", {"bool": {"should": either}})
        groups = [
            Observed(found_id, read_mark(body.get("description")).owner, body)
            for found_id, body in current(client, "model_groups", seen).items()
        ]
        named = [group for group in groups if group.body.get("name") == spec.name]
        return next((group for group in groups if group.owner == owner), named[0] if named else None)

    def read(self, client: Client, physical_id: str, owner: Owner) -> Observed | None:
        body = client.find(path_of("_plugins", "_ml", "model_groups", physical_id))
        return body and Observed(physical_id, read_mark(body.get("description")).owner or owner, body)

    def changes(self, observed: Observed, spec: ModelGroupSpec) -> Collection[str]:
        assert observed.owner  # noqa: S101 - the kernel never compares another's object
        wanted = _wanted(observed, spec, observed.owner)
        return {field for field, value in wanted.items() if observed.body.get(field) != value}

    def create(self, client: Client, spec: ModelGroupSpec, owner: Owner) -> str:
        body = {"name": spec.name, "description": marked(spec.description, owner)}
        return str(client.post("/_plugins/_ml/model_groups/_register", body)["model_group_id"])

    def update(self, client: Client, observed: Observed, spec: ModelGroupSpec, owner: Owner) -> None:
        # The server refuses a name that exists, also the group's own, so only changed fields are sent.
        wanted = _wanted(observed, spec, owner)
        body = {field: value for field, value in wanted.items() if field in self.changes(observed, spec)}
        try:
            client.put(path_of("_plugins", "_ml", "model_groups", observed.physical_id), body)
        except Rejected as error:
            # The group conflicts with its own previous name, on versions where updates show late (mlcommons.versions).
            if observed.physical_id not in error.reason:
                raise
            raise Conflict(error.tried, error.reason, error.hint, error.cause) from error

    def release(self, client: Client, observed: Observed, spec: ModelGroupSpec) -> None:
        text = read_mark(observed.body.get("description")).text or UNDESCRIBED
        client.put(path_of("_plugins", "_ml", "model_groups", observed.physical_id), {"description": text})

    def delete(self, client: Client, observed: Observed, owner: Owner) -> str:
        try:
            client.delete(path_of("_plugins", "_ml", "model_groups", observed.physical_id))
        except NotFound:
            return "ModelGroup was already absent"
        return ""


def _wanted(observed: Observed, spec: ModelGroupSpec, owner: Owner) -> dict[str, str]:
    shown = observed.body.get("description")
    return {"name": spec.name, "description": marked_again(shown, spec.description, owner)}
