"""TrustedEndpoints: the URLs that the domain's connectors may call."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct

from opensearch_ml.engine.target import Target
from opensearch_ml.resources.ml_resource import MlResource


class TrustedEndpoints(MlResource):
    """Adds regular expressions over whole URLs to the domain's trusted list; the defaults stay.

    Nothing is written if the list already trusts all of them.

    Example::

        ml.TrustedEndpoints(stack, "Trusted", target=target, patterns=["^https://api[.]example[.]org/.*$"])
    """

    def __init__(self, scope: Construct, id: str, *, target: Target, patterns: Sequence[str]) -> None:
        super().__init__(scope, id, target=target, kind="TrustedEndpoints", spec={"patterns": sorted(set(patterns))})
