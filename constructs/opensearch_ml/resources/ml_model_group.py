"""MlModelGroup: the group in which a model is registered."""

from __future__ import annotations

from constructs import Construct

from opensearch_ml.engine.target import Target
from opensearch_ml.resources.ml_resource import MlResource


class MlModelGroup(MlResource):
    """A model group. Each model has its own, because two simultaneous registrations in one group collide (409).

    Example::

        ml.MlModelGroup(stack, "Group", target=target, name="embedding")
    """

    def __init__(self, scope: Construct, id: str, *, target: Target, name: str, adopted: bool = False) -> None:
        super().__init__(scope, id, target=target, kind="ModelGroup", spec={"name": name}, adopted=adopted)
