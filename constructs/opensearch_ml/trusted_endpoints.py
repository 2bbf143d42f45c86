"""TrustedEndpoints: where the connectors of the domain may send requests."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct

from opensearch_ml.ml_resource import MlResource
from opensearch_ml.target import Target


class TrustedEndpoints(MlResource):
    """Adds regular expressions over whole URLs to the domain's trusted list; the defaults stay in it.

    Example::

        ml.TrustedEndpoints(stack, "Trusted", target=target, patterns=["^https://api[.]example[.]org/.*$"])
    """

    def __init__(self, scope: Construct, id: str, *, target: Target, patterns: Sequence[str]) -> None:
        super().__init__(scope, id, target=target, kind="TrustedEndpoints", spec={"patterns": sorted(set(patterns))})
