"""The common part of ingest and search pipelines: a name, a body, and a description with the mark."""

# ruff: noqa: ARG002 - all kinds share one signature per verb

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, ClassVar

from mlcommons.client import Client, path_of
from mlcommons.errors import NotFound
from mlcommons.kind import Kind, Observed
from mlcommons.owner import Owner, marked_again, read_mark

# A name with `*` or `,` would also mean other pipelines, and a DELETE would remove all of them.
_NAME = re.compile(r"[^\s*?,/\\#:<>|\"]+")


@dataclass(frozen=True)
class PipelineSpec:
    """`pipeline` is the body of the pipeline's PUT."""

    name: str
    pipeline: dict[str, Any]


class Pipeline(Kind[PipelineSpec]):
    spec_type = PipelineSpec
    replace_on = frozenset({"name"})
    folder: ClassVar[tuple[str, ...]]

    def could_be(self, physical_id: str, owner: Owner) -> bool:
        return bool(_NAME.fullmatch(physical_id)) and physical_id not in (".", "..", "_all")

    def find(self, client: Client, spec: PipelineSpec, owner: Owner) -> Observed | None:
        return self.read(client, spec.name, owner)

    def read(self, client: Client, physical_id: str, owner: Owner) -> Observed | None:
        answer = client.find(path_of(*self.folder, physical_id))
        if not answer or physical_id not in answer:
            return None
        body = answer[physical_id]
        return Observed(physical_id, read_mark(body.get("description")).owner, body)

    def changes(self, observed: Observed, spec: PipelineSpec) -> Collection[str]:
        assert observed.owner  # noqa: S101 - the kernel never compares another's object
        if spec.name != observed.physical_id:
            return {"name"}
        return () if observed.body == _body(spec, observed.owner, observed.body) else {"pipeline"}

    def create(self, client: Client, spec: PipelineSpec, owner: Owner) -> str:
        client.put(path_of(*self.folder, spec.name), _body(spec, owner, {}))
        return spec.name

    def update(self, client: Client, observed: Observed, spec: PipelineSpec, owner: Owner) -> None:
        client.put(path_of(*self.folder, observed.physical_id), _body(spec, owner, observed.body))

    def release(self, client: Client, observed: Observed, spec: PipelineSpec) -> None:
        text = read_mark(observed.body.get("description")).text
        described = {"description": text} if text else {}
        undescribed = {name: part for name, part in observed.body.items() if name != "description"}
        client.put(path_of(*self.folder, observed.physical_id), undescribed | described)

    def delete(self, client: Client, observed: Observed, owner: Owner) -> str:
        try:
            client.delete(path_of(*self.folder, observed.physical_id))
        except NotFound:
            return f"{self.name} was already absent"
        return ""


def _body(spec: PipelineSpec, owner: Owner, shown: dict[str, Any]) -> dict[str, Any]:
    text = str(spec.pipeline.get("description", ""))
    return spec.pipeline | {"description": marked_again(shown.get("description"), text, owner)}
