"""The ten kinds, by the noun in their resource type: `Custom::MlConnector` is the kind `Connector`."""

from typing import Any

from mlcommons.errors import InvalidSpec
from mlcommons.kind import Kind
from mlcommons.kinds.alias import Alias
from mlcommons.kinds.connector import Connector
from mlcommons.kinds.index import Index
from mlcommons.kinds.ingest_pipeline import IngestPipeline
from mlcommons.kinds.model import Model
from mlcommons.kinds.model_group import ModelGroup
from mlcommons.kinds.role import Role
from mlcommons.kinds.role_mapping import RoleMapping
from mlcommons.kinds.search_pipeline import SearchPipeline
from mlcommons.kinds.trusted_endpoints import TrustedEndpoints

KINDS: dict[str, Kind[Any]] = {
    kind.name: kind
    for kind in (
        Role(),
        RoleMapping(),
        TrustedEndpoints(),
        Connector(),
        ModelGroup(),
        Model(),
        IngestPipeline(),
        SearchPipeline(),
        Index(),
        Alias(),
    )
}


def kind_named(name: str) -> Kind[Any]:
    """Return the kind of a noun or of a resource type; raises `InvalidSpec` for any other name."""
    noun = name.removeprefix("Custom::Ml")
    if noun not in KINDS:
        raise InvalidSpec(f"Looking for the kind {name!r}", "there is none", f"Kinds: {', '.join(KINDS)}.")
    return KINDS[noun]
