"""MlModelGroup: the group a model is registered in."""

from __future__ import annotations

from constructs import Construct

from opensearch_ml.ml_resource import MlResource
from opensearch_ml.target import Target


class MlModelGroup(MlResource):
    """A model group. Each model has its own: two registrations into one at the same time collide (409).

    Example::

        ml.MlModelGroup(stack, "Group", target=target, name="embedding")
    """

    def __init__(self, scope: Construct, id: str, *, target: Target, name: str) -> None:
        super().__init__(scope, id, target=target, kind="ModelGroup", spec={"name": name})
