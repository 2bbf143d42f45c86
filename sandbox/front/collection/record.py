"""A collection of OpenSearch Serverless, as the front sees it, and its policies."""

from __future__ import annotations

import hashlib
from collections.abc import Collection as AnyOf
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Generation = Literal["CLASSIC", "NEXTGEN"]


@dataclass(frozen=True)
class CollectionRecord:
    """A collection. `type` is SEARCH, TIMESERIES or VECTORSEARCH.

    `endpoint_port` is the wanted port, or None for the next free port.
    """

    arn: str
    name: str
    account: str
    region: str
    type: str = "VECTORSEARCH"
    generation: Generation = "CLASSIC"
    endpoint_port: int | None = None

    @property
    def prefix(self) -> str:
        """The prefix of its indexes' names in the engine. Clients never see it."""
        return f"aoss-{hashlib.sha256(self.arn.encode()).hexdigest()[:20]}."


@dataclass(frozen=True)
class DataPolicy:
    """A data access policy's document (a list of statements), and the seconds since the policy was made."""

    document: Sequence[Mapping[str, Any]]
    age: float


class Policies(Protocol):
    """The current policies of an account and region. Implementations are called from many threads."""

    def network(self, account: str, region: str) -> Sequence[Sequence[Mapping[str, Any]]]:
        """The documents of all network policies."""
        ...

    def data(self, account: str, region: str) -> Sequence[DataPolicy]: ...

    def vpc_endpoints(self, account: str, region: str) -> AnyOf[str]:
        """The ids of the existing VPC endpoints of OpenSearch Serverless."""
        ...
