"""MlModel: a remote model, registered, deployed and probed."""

from __future__ import annotations

from collections.abc import Mapping

from constructs import Construct

from opensearch_ml.engine.target import Target
from opensearch_ml.resources.ml_connector import MlConnector
from opensearch_ml.resources.ml_model_group import MlModelGroup
from opensearch_ml.resources.ml_resource import MlResource


class MlModel(MlResource):
    """A model behind `connector`. Its creation succeeds only if it answers `probe`, a `_predict` body.

    `connector` is a construct, or the id of a connector that others created. A changed connector changes the model in
    place. `generation` is the index version whose vectors the model makes, if any; a new value creates a new model with
    a new id.

    Example::

        ml.MlModel(
            stack, "Model", target=target, name="embedding", group=group, connector=connector, probe=embedding.probe
        )
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        target: Target,
        name: str,
        group: MlModelGroup,
        connector: MlConnector | str,
        probe: Mapping[str, object],
        generation: str | None = None,
        adopted: bool = False,
    ) -> None:
        spec: dict[str, object] = {
            "name": name,
            "model_group_id": group.physical_id,
            "connector_id": connector if isinstance(connector, str) else connector.physical_id,
            "probe": probe,
            **({"generation": generation} if generation else {}),
        }
        super().__init__(scope, id, target=target, kind="Model", spec=spec, adopted=adopted)
