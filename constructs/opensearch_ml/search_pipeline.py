"""SearchPipeline: turns hits into an answer on the way out of an index."""

from __future__ import annotations

from constructs import Construct

from opensearch_ml.ml_model import MlModel
from opensearch_ml.ml_resource import MlResource
from opensearch_ml.target import Target


class SearchPipeline(MlResource):
    """Retrieval-augmented generation over `text_field` of the hits.

    Neural queries need no model id: the pipeline gives them `embedding_model`. A hit without `text_field`
    fails the whole search, so every document needs one.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        target: Target,
        name: str,
        embedding_model: MlModel,
        answer_model: MlModel,
        text_field: str,
        system_prompt: str,
        user_instructions: str,
    ) -> None:
        generation = {
            "model_id": answer_model.physical_id,
            "context_field_list": [text_field],
            "system_prompt": system_prompt,
            "user_instructions": user_instructions,
        }
        pipeline = {
            "description": f"Answers a question from {text_field} of the hits",
            "request_processors": [{"neural_query_enricher": {"default_model_id": embedding_model.physical_id}}],
            "response_processors": [{"retrieval_augmented_generation": generation}],
        }
        super().__init__(scope, id, target=target, kind="SearchPipeline", spec={"name": name, "pipeline": pipeline})
