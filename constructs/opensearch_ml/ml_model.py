"""MlModel: a remote model, registered, deployed and probed."""

from __future__ import annotations

from collections.abc import Mapping

from constructs import Construct

from opensearch_ml.ml_connector import MlConnector
from opensearch_ml.ml_model_group import MlModelGroup
from opensearch_ml.ml_resource import MlResource
from opensearch_ml.target import Target


class MlModel(MlResource):
    """A model behind `connector`. It counts as made only when `probe`, a `_predict` body, was answered.

    With another `generation` it is another model; with the same, a changed connector changes nothing of its id.

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
        connector: MlConnector,
        probe: Mapping[str, object],
        generation: str | None = None,
    ) -> None:
        spec: dict[str, object] = {
            "name": name,
            "model_group_id": group.physical_id,
            "connector_id": connector.physical_id,
            "probe": probe,
            **({"generation": generation} if generation else {}),
        }
        super().__init__(scope, id, target=target, kind="Model", spec=spec)
