"""The names of the physical indexes of an environment, as they are in permissions."""

from __future__ import annotations

from opensearch_ml.resources.index_version import every_version
from settings import Environment


def physical_indexes(environment: Environment) -> list[str]:
    """A pattern for all index versions, and the adopted index, if there is one."""
    adopted = environment.adopted
    return [every_version(environment.index.name), *([adopted.index] if adopted and adopted.index else [])]
